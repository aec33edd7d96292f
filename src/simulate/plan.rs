//! What a replay keeps of each purchase, and how each side's metrics are read from it.
//!
//! For every purchase there is a row: its instant, and running sums over the customer's purchases before it, so a sum over
//! any window is a difference of two rows. What does not depend on the policy (gross, cost, units) is there once for all
//! sides. Behind a customer's last purchase there is one row more, later than everything.

use super::base::Base;
use super::calendar::Calendar;
use crate::engine::Passes;
use crate::metric::{Average, Count, LineFilter, Measure, Metric, Since, Sum, Window};
use crate::policy::{Bundle, Condition, Grant, SegmentRule};
use crate::time::Instant;

/// How all sides of a replay are computed.
#[derive(Debug)]
pub(super) struct Plan {
    /// Which lines count: all of them first, then each filter that some metric uses.
    pub tracks: Vec<Option<LineFilter>>,
    /// Per track and article: whether the article counts.
    pub counts: Vec<Vec<bool>>,
    /// The columns of a row.
    pub columns: Vec<Column>,
    pub calendars: Vec<Calendar>,
    pub sides: Vec<SidePlan>,
    /// Per track: the column that counts purchases, where there is one.
    pub purchases: Vec<Option<usize>>,
    /// Per calendar: where the marks of its windows begin among a customer's marks.
    pub first_marks: Vec<usize>,
}

/// The column of the purchases' own instants.
pub(super) const AT: usize = 0;

/// The mark of the first purchase that did not happen yet; those of window starts follow.
pub(super) const NOW: usize = 0;

/// A column of running sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub track: usize,
    pub what: What,
}

/// What a column sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// No sum: when the purchase was.
    At,
    /// Purchases not fully returned.
    Purchases,
    Quantity,
    Gross,
    Cost,
    /// What one side granted.
    Discount {
        side: usize,
    },
    /// No sum: the rank of the class that one side's segment had right after the purchase.
    Kept {
        side: usize,
        segment: usize,
    },
}

/// How one side is computed.
#[derive(Debug)]
pub(super) struct SidePlan {
    /// Place of its calendar.
    pub calendar: usize,
    /// Stretches of events that metrics sum over; each is read once per decision.
    pub spans: Vec<Span>,
    /// One per metric of the bundle.
    pub metrics: Vec<MetricPlan>,
    /// Per segment: how a class that is kept is found.
    pub keeps: Vec<Option<Keep>>,
    /// Per track: the columns that this side reads.
    pub columns: Vec<Vec<(usize, What)>>,
    /// By article: which of the bundle's rules on lines it passes.
    pub passes: Passes,
}

/// Sums over one window of one track.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub track: usize,
    /// Place of the window in the side's calendar.
    pub window: usize,
    /// Whether contacts count too.
    pub contacts: bool,
    /// Whether a metric that decisions look at is among those that need it.
    pub decides: bool,
}

/// How one metric is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct MetricPlan {
    /// Whether decisions or classes look at it. The others are read at the end only, or never.
    pub decides: bool,
    /// Whether anything looks at it.
    pub used: bool,
    pub read: Reading,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Reading {
    /// Place of the span.
    Sums(usize),
    /// Days since an event of this track.
    Days(Since, usize),
    /// What a model expects.
    Model,
}

/// How a class that is kept is found.
#[derive(Debug)]
pub(super) struct Keep {
    /// The place of the window of this duration in the calendar.
    pub window: usize,
    /// The column of ranks; absent where the metric may fall by itself, and the whole history is looked at.
    pub column: Option<usize>,
    /// Instants at which something that left the metric's window is in it again.
    pub back: Vec<Instant>,
}

impl Plan {
    /// A plan for the sides of a replay until an instant.
    pub fn new(base: &Base, bundles: &[&Bundle], until: Instant) -> Self {
        let mut plan = Self {
            tracks: vec![None],
            counts: Vec::new(),
            columns: vec![Column { track: 0, what: What::At }],
            calendars: Vec::new(),
            sides: Vec::new(),
            purchases: Vec::new(),
            first_marks: Vec::new(),
        };
        let first = base.span.map_or(until, |(first, _)| first).min(until);
        for (side, bundle) in bundles.iter().enumerate() {
            plan.add_side(side, bundle, first, until);
        }
        let counts = |track: &Option<LineFilter>| {
            let counts = |article: &super::base::Article| {
                let line = &article.line;
                track.as_ref().is_none_or(|filter| filter.matches(&line.sku, line.category.as_deref(), &line.tags))
            };
            base.articles.iter().map(counts).collect()
        };
        plan.counts = plan.tracks.iter().map(counts).collect();
        for (side, bundle) in bundles.iter().enumerate() {
            for super::base::Article { line, .. } in &base.articles {
                plan.sides[side].passes.push(bundle, &line.sku, line.category.as_deref(), &line.tags);
            }
            let reads = |column: &Column| match column.what {
                What::Discount { side: of } => of == side,
                What::At | What::Kept { .. } => false,
                What::Purchases | What::Quantity | What::Gross | What::Cost => true,
            };
            let of_track = |track| {
                let columns =
                    plan.columns.iter().enumerate().filter(|(_, column)| column.track == track && reads(column));
                columns.map(|(at, column)| (at, column.what)).collect()
            };
            plan.sides[side].columns = (0..plan.tracks.len()).map(of_track).collect();
        }
        plan.purchases = (0..plan.tracks.len()).map(|track| plan.column(track, What::Purchases)).collect();
        let begin = |before: &mut usize, calendar: &Calendar| {
            let begin = *before;
            *before += calendar.windows();
            Some(begin)
        };
        plan.first_marks = plan.calendars.iter().scan(NOW + 1, begin).collect();
        plan
    }

    /// How many marks a customer has.
    pub fn marks(&self) -> usize {
        NOW + 1 + self.calendars.iter().map(Calendar::windows).sum::<usize>()
    }

    /// How many numbers a row has.
    pub fn stride(&self) -> usize {
        self.columns.len()
    }

    /// The place of a column, where it is there.
    fn column(&self, track: usize, what: What) -> Option<usize> {
        self.columns.iter().position(|column| *column == Column { track, what })
    }

    fn need(&mut self, track: usize, what: What) -> usize {
        self.column(track, what).unwrap_or_else(|| {
            self.columns.push(Column { track, what });
            self.columns.len() - 1
        })
    }

    fn track(&mut self, bundle: &Bundle, metric: &Metric) -> usize {
        let filter = metric.filter.and_then(|filter| bundle.filters.get(filter as usize)).cloned();
        self.tracks.iter().position(|known| *known == filter).unwrap_or_else(|| {
            self.tracks.push(filter);
            self.tracks.len() - 1
        })
    }

    fn add_side(&mut self, side: usize, bundle: &Bundle, first: Instant, until: Instant) {
        let decides = read_by_decisions(bundle);
        let used: Vec<bool> = (0..bundle.metrics.len()).map(|at| decides[at] || read_by_service(bundle, at)).collect();
        let mut windows: Vec<Window> = Vec::new();
        let mut spans: Vec<Span> = Vec::new();
        let mut metrics = Vec::new();
        for (at, metric) in bundle.metrics.iter().enumerate() {
            let (decides, used) = (decides[at], used[at]);
            let track = self.track(bundle, metric);
            let read = match metric.measure {
                Measure::DaysSince(since) => Reading::Days(since, track),
                Measure::Model(_) => Reading::Model,
                _ => {
                    let window = place(&mut windows, metric.window);
                    let same = |known: &Span| known.track == track && known.window == window;
                    let at = spans.iter().position(same).unwrap_or_else(|| {
                        spans.push(Span { track, window, contacts: false, decides: false });
                        spans.len() - 1
                    });
                    spans[at].contacts |= used && metric.filter.is_none() && sums_contacts(metric.measure);
                    spans[at].decides |= decides;
                    Reading::Sums(at)
                }
            };
            if used {
                for what in columns_of(metric.measure, side) {
                    self.need(track, what);
                }
            }
            metrics.push(MetricPlan { decides, used, read });
        }
        let keeps: Vec<Option<Keep>> =
            (0..bundle.segments.len()).map(|segment| self.keep(side, bundle, segment, &mut windows)).collect();
        // What is granted is told per customer, so it is summed in any case.
        self.need(0, What::Discount { side });
        let calendar = self.calendar(bundle, first, until, windows, &mut spans, keeps);
        let (calendar, keeps) = calendar;
        self.sides.push(SidePlan { calendar, spans, metrics, keeps, columns: Vec::new(), passes: Passes::default() });
    }

    fn keep(&mut self, side: usize, bundle: &Bundle, segment: usize, windows: &mut Vec<Window>) -> Option<Keep> {
        let SegmentRule::Thresholds { metric, keep: Some(duration), .. } = &bundle.segments[segment].rule else {
            return None;
        };
        let metric = &bundle.metrics[*metric as usize];
        let track = self.track(bundle, metric);
        let by_purchases = match metric.measure {
            Measure::Sum(sum) => !matches!(sum, Sum::Margin | Sum::Profit | Sum::ServiceCost),
            Measure::Count(count) => matches!(count, Count::Purchases),
            Measure::Average(_) | Measure::DaysSince(_) | Measure::Model(_) => false,
        };
        let column = if by_purchases {
            Some(self.need(track, What::Kept { side, segment }))
        } else {
            for what in [What::Purchases, What::Quantity, What::Gross, What::Cost, What::Discount { side }] {
                self.need(track, what);
            }
            None
        };
        let window = place(windows, Window::Within(*duration));
        Some(Keep { window, column, back: Vec::new() })
    }

    /// Lays out the side's calendar, long enough for its windows to start in it.
    fn calendar(
        &mut self,
        bundle: &Bundle,
        first: Instant,
        until: Instant,
        windows: Vec<Window>,
        spans: &mut [Span],
        mut keeps: Vec<Option<Keep>>,
    ) -> (usize, Vec<Option<Keep>>) {
        const LONGEST: i64 = 60 * 366 * 86_400_000_000;
        let starts = windows.iter().filter_map(|window| window.start(first, bundle.zone));
        let earliest = starts.min().unwrap_or(first).max(first.plus_micros(-LONGEST)).min(first);
        let known = self.calendars.iter().position(|known| known.is_of(bundle.zone, earliest, &windows));
        let place = known.unwrap_or_else(|| {
            let until = until.plus_micros(2 * 86_400_000_000);
            self.calendars.push(Calendar::new(bundle.zone, earliest, until, &windows));
            self.calendars.len() - 1
        });
        let calendar = &self.calendars[place];
        for (segment, keep) in keeps.iter_mut().enumerate() {
            if let (Some(keep), SegmentRule::Thresholds { metric, .. }) = (keep, &bundle.segments[segment].rule) {
                keep.back = calendar.coming_back(bundle.metrics[*metric as usize].window);
            }
        }
        debug_assert!(spans.iter().all(|span| span.window < windows.len()), "each window has its place");
        (place, keeps)
    }
}

fn place(windows: &mut Vec<Window>, window: Window) -> usize {
    windows.iter().position(|known| *known == window).unwrap_or_else(|| {
        windows.push(window);
        windows.len() - 1
    })
}

fn columns_of(measure: Measure, side: usize) -> Vec<What> {
    use What::{Cost, Discount, Gross, Purchases, Quantity};
    let discount = Discount { side };
    match measure {
        Measure::Sum(Sum::Gross) => vec![Gross],
        Measure::Sum(Sum::Discount) => vec![discount],
        Measure::Sum(Sum::Net) => vec![Gross, discount],
        Measure::Sum(Sum::Cost) => vec![Cost],
        Measure::Sum(Sum::Margin | Sum::Profit) => vec![Gross, discount, Cost],
        Measure::Sum(Sum::Quantity) => vec![Quantity],
        Measure::Sum(Sum::ServiceCost) | Measure::Count(Count::Interactions) => vec![],
        Measure::Count(Count::Purchases) => vec![Purchases],
        Measure::Average(Average::Gross) => vec![Purchases, Gross],
        Measure::Average(Average::Discount) => vec![Purchases, discount],
        Measure::Average(Average::Net) => vec![Purchases, Gross, discount],
        Measure::Average(Average::Margin) => vec![Purchases, Gross, discount, Cost],
        Measure::Average(Average::Quantity) => vec![Purchases, Quantity],
        Measure::Average(Average::Rating | Average::ServiceCost) => vec![],
        Measure::DaysSince(Since::FirstPurchase | Since::LastPurchase) => vec![Purchases],
        Measure::DaysSince(Since::LastInteraction) => vec![],
        Measure::Model(_) => vec![Purchases, Gross, discount],
    }
}

/// Whether a metric reads sums of contacts.
const fn sums_contacts(measure: Measure) -> bool {
    match measure {
        Measure::Sum(Sum::Profit | Sum::ServiceCost)
        | Measure::Count(Count::Interactions)
        | Measure::Average(Average::Rating | Average::ServiceCost) => true,
        Measure::Sum(_) | Measure::Count(_) | Measure::Average(_) | Measure::DaysSince(_) | Measure::Model(_) => false,
    }
}

/// Which metrics decisions and classes look at; all where a script may ask for any.
fn read_by_decisions(bundle: &Bundle) -> Vec<bool> {
    let mut read = vec![asks_scripts(bundle); bundle.metrics.len()];
    let mut note = |conditions: &[Condition]| {
        for condition in conditions {
            if let Condition::Metric { metric, .. } = condition {
                read[*metric as usize] = true;
            }
        }
    };
    bundle.discounts.iter().for_each(|discount| note(&discount.when));
    bundle.points.iter().flat_map(|points| &points.multiply).for_each(|multiplier| note(&multiplier.when));
    for discount in &bundle.discounts {
        if let Grant::Ladder(ladder) = &discount.grant {
            read[ladder.metric as usize] = true;
        }
    }
    for segment in &bundle.segments {
        match &segment.rule {
            SegmentRule::Rank { metric, .. } | SegmentRule::Thresholds { metric, .. } => read[*metric as usize] = true,
            SegmentRule::Score { parts, .. } => parts.iter().for_each(|part| read[part.metric as usize] = true),
            SegmentRule::Script(_) => {}
        }
    }
    read
}

/// Whether a bundle asks scripts, which may look at everything.
pub(super) fn asks_scripts(bundle: &Bundle) -> bool {
    bundle.segments.iter().any(|segment| matches!(segment.rule, SegmentRule::Script(_)))
        || bundle
            .order
            .iter()
            .map(|at| &bundle.discounts[usize::from(*at)])
            .any(|discount| discount.condition.is_some() || matches!(discount.grant, Grant::Script(_)))
}

fn read_by_service(bundle: &Bundle, metric: usize) -> bool {
    let Some(service) = &bundle.service else { return false };
    let budgets = service.budgets.iter().flat_map(|budgets| budgets.classes.iter().flatten());
    budgets
        .map(|budget| budget.of)
        .chain(service.satisfaction.iter().map(|rule| rule.metric))
        .any(|at| at as usize == metric)
}
