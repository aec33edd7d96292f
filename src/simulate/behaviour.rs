//! Customers who answer as it is assumed: the same history, many times, with chance.
//!
//! The purchases of the window stand for those to come. A customer buys them until he leaves, by himself or for a rival,
//! and more or less of them as prices are lower or higher than the baseline's. New customers buy what those bought who
//! first came in the window. What a purchase is granted is what the replay decided: who leaves changes nothing for the
//! others.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};
use rayon::prelude::*;

use super::stream::{Bought, Course};
use crate::estimate::{Band, Curve, Ranged};
use crate::money::Number;
use crate::policy::{Assumed, Behaviour, Churn, SatisfiedAt};
use crate::time::Instant;

/// A number of a behaviour, with its range.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumption {
    /// What it says, in the words of the scenario.
    pub what: String,
    /// Its range.
    pub range: Ranged,
}

/// How customers answer, with every number in its place.
#[derive(Debug, Clone)]
pub struct Model {
    numbers: Vec<Assumption>,
    /// By class, the last of those without one; absent where nothing is assumed.
    elasticity: Vec<Option<usize>>,
    rival: Option<RivalAt>,
    /// By class.
    churn: Vec<Option<ChurnAt>>,
    newcomers: Option<usize>,
}

#[derive(Debug, Clone)]
struct RivalAt {
    rate: usize,
    switch: usize,
    from: Instant,
    /// By class, whether he reaches it.
    reaches: Vec<bool>,
}

#[derive(Debug, Clone, Copy)]
struct ChurnAt {
    monthly: usize,
    /// `falls`, `spend`, `now`, `without` and `ceiling`.
    answers: Option<[usize; 5]>,
}

/// What a run is played on.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// What customers bought and would have been granted.
    pub courses: &'a [Course],
    /// From when until when.
    pub window: (Instant, Instant),
    /// By side and class, what service of a customer may cost; the last is of those without a class. Where that is no number
    /// service is as it is now.
    pub service: &'a [Vec<f64>],
}

/// What one side has at the end of a run. Money is in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Played {
    /// Before discounts.
    pub gross: f64,
    /// What is granted.
    pub discount: f64,
    /// Cost of goods.
    pub cost: f64,
    /// Customers who did not leave.
    pub customers: f64,
    /// Customers who left by themselves.
    pub left: f64,
    /// Customers who left for the rival.
    pub switched: f64,
}

impl Played {
    /// What is paid, less cost of goods.
    pub fn margin(&self) -> f64 {
        self.gross - self.discount - self.cost
    }
}

/// What many runs say of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PlayedBand {
    /// Before discounts.
    pub gross: Band,
    /// What is granted.
    pub discount: Band,
    /// What is paid.
    pub net: Band,
    /// That, less cost of goods.
    pub margin: Band,
    /// Customers who did not leave.
    pub customers: Band,
    /// Customers who left by themselves.
    pub left: Band,
    /// Customers who left for the rival.
    pub switched: Band,
}

/// What many runs say.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// Each side.
    pub sides: Vec<PlayedBand>,
    /// Each candidate less the baseline, run by run.
    pub differences: Vec<PlayedBand>,
    /// By assumption and candidate, the mean difference of margin where that number is at its low and at its high end and all
    /// others are as they are used.
    pub swings: Vec<Vec<(f64, f64)>>,
    /// By candidate, the same with all numbers as they are used.
    pub middle: Vec<f64>,
}

/// Runs per end of a range: chance is the same in all of them, so few are enough.
const SWING_RUNS: u32 = 24;
/// A month, in microseconds: a twelfth of 365.2425 days.
const MONTH: f64 = 30.436_875 * 86_400e6;
/// The most and the least that a purchase can become of itself.
const MOST_WEIGHT: f64 = 10.0;

impl Model {
    /// Gives every number of a behaviour its place; `classes` names the classes of its segment.
    pub fn new(behaviour: &Behaviour, classes: &[String]) -> Self {
        let mut model = Self {
            numbers: Vec::new(),
            elasticity: Vec::new(),
            rival: None,
            churn: vec![None; classes.len() + 1],
            newcomers: None,
        };
        let name = |class: usize| classes.get(class).map_or("(none)", String::as_str);
        for (class, stated) in behaviour.elasticity.iter().enumerate() {
            let assumed = *stated != Assumed::Point(Number::ZERO);
            let place = assumed.then(|| model.number(format!("elasticity of {}", name(class)), *stated, None));
            model.elasticity.push(place);
        }
        model.rival = behaviour.rival.as_ref().map(|rival| RivalAt {
            rate: model.number("rival's rate".to_owned(), rival.rate, Some((0.0, 1.0))),
            switch: model.number("rival's share".to_owned(), rival.switch, Some((0.0, 1.0))),
            from: rival.from,
            reaches: (0..=classes.len())
                .map(|class| rival.classes.is_empty() || rival.classes.iter().any(|known| usize::from(*known) == class))
                .collect(),
        });
        for (class, churn) in &behaviour.churn {
            let at = usize::from(*class);
            let placed = model.churn(name(at), churn);
            if let Some(slot) = model.churn.get_mut(at) {
                *slot = Some(placed);
            }
        }
        model.newcomers = behaviour.newcomers.map(|stated| model.number("newcomers a month".to_owned(), stated, None));
        model
    }

    fn number(&mut self, what: String, stated: Assumed, ends: Option<(f64, f64)>) -> usize {
        self.numbers.push(Assumption { what, range: Ranged::assumed(stated, ends) });
        self.numbers.len() - 1
    }

    fn churn(&mut self, class: &str, churn: &Churn) -> ChurnAt {
        let share = Some((0.0, 1.0));
        let monthly = self.number(format!("monthly churn of {class}"), churn.monthly, share);
        let answers = churn.answers.map(|(falls, SatisfiedAt { spend, now, without, ceiling })| {
            let middle = |stated: Assumed| Ranged::assumed(stated, None).used;
            // A tenth of the way to its bounds keeps a curve through them.
            let between = Some((middle(without), middle(ceiling)));
            let known = middle(now);
            [
                self.number(format!("fall of churn of {class} per point"), falls, share),
                self.number(format!("spend on {class} now"), spend, None),
                self.number(format!("satisfaction of {class} now"), now, between),
                self.number(format!("satisfaction of {class} without"), without, Some((1.0, known))),
                self.number(format!("satisfaction of {class} at most"), ceiling, Some((known, 5.0))),
            ]
        });
        ChurnAt { monthly, answers }
    }

    /// Every number, in the order of [`Answers::swings`].
    pub fn assumptions(&self) -> &[Assumption] {
        &self.numbers
    }

    /// Every number as it is used.
    pub fn used(&self) -> Vec<f64> {
        self.numbers.iter().map(|number| number.range.used).collect()
    }

    /// By how much a purchase grows where it is granted other than by the baseline; 1 where nothing changes.
    pub fn weight(&self, numbers: &[f64], bought: &Bought, side: usize) -> f64 {
        let class = class_of(bought, self.elasticity.len());
        let Some(elasticity) = self.elasticity.get(class).copied().flatten().map(|at| numbers[at]) else { return 1.0 };
        let price = |side: usize| bought.gross.0 - bought.granted[side].0;
        let (before, after) = (price(0), price(side));
        if before <= 0 || after <= 0 {
            return 1.0;
        }
        (after as f64 / before as f64).powf(-elasticity).clamp(1.0 / MOST_WEIGHT, MOST_WEIGHT)
    }

    /// The share of a class that leaves in a month, at what service of a customer may cost.
    fn hazard(&self, numbers: &[f64], class: usize, spend: f64) -> f64 {
        let Some(ChurnAt { monthly, answers }) = self.churn.get(class).copied().flatten() else { return 0.0 };
        // A share that leaves in a month is a hazard of −ln(1 − share).
        let usual = -(1.0 - numbers[monthly].min(0.999_999)).ln();
        let Some([falls, now_spend, now, without, ceiling]) = answers.filter(|_| spend.is_finite()) else {
            return usual;
        };
        let Some(curve) = Curve::through(numbers[without], numbers[ceiling], numbers[now_spend], numbers[now]) else {
            return usual;
        };
        usual * (1.0 - numbers[falls].min(0.999_999)).powf(curve.at(spend) - numbers[now])
    }

    /// Plays the window out once on every side, with the same chance for all of them. `None` where it was stopped.
    pub fn play(
        &self,
        setting: &Setting<'_>,
        numbers: &[f64],
        rng: &mut ChaCha8Rng,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Vec<Played>> {
        /// Customers between two looks at whether to go on.
        const STRETCH: usize = 4_096;
        let sides = setting.service.len();
        let classes = self.churn.len();
        let hazards: Vec<Vec<f64>> = setting
            .service
            .iter()
            .map(|spends| {
                let spend = |class: usize| spends.get(class).copied().unwrap_or(0.0);
                (0..classes).map(|class| self.hazard(numbers, class, spend(class))).collect()
            })
            .collect();
        let mut played = vec![Played::default(); sides];
        let fate = |rng: &mut ChaCha8Rng| -> (f64, f64) { (Exp1.sample(rng), rng.random()) };
        for (nth, course) in setting.courses.iter().enumerate() {
            if nth % STRETCH == 0 && !go_on() {
                return None;
            }
            let fate = fate(rng);
            let start = if course.known {
                setting.window.0
            } else {
                course.purchases.first().map_or(setting.window.0, |b| b.at)
            };
            self.live(setting, numbers, &hazards, (course, start, 0), fate, &mut played);
        }
        if let Some(at) = self.newcomers {
            let templates: Vec<&Course> =
                setting.courses.iter().filter(|course| !course.known && !course.purchases.is_empty()).collect();
            let months = (setting.window.1.0 - setting.window.0.0) as f64 / MONTH;
            for month in 0..months.ceil() as u32 {
                if !go_on() {
                    return None;
                }
                let many = numbers[at].max(0.0);
                let count = many.floor() as u32 + u32::from(rng.random::<f64>() < many.fract());
                for _ in 0..count {
                    let (which, within) = (rng.random_range(0..templates.len().max(1)), rng.random::<f64>());
                    let fate = fate(rng);
                    let Some(course) = templates.get(which) else { continue };
                    let Some(first) = course.purchases.first() else { continue };
                    let came = setting.window.0.plus_micros(((f64::from(month) + within) * MONTH) as i64);
                    if came < setting.window.1 {
                        self.live(setting, numbers, &hazards, (course, came, came.0 - first.at.0), fate, &mut played);
                    }
                }
            }
        }
        Some(played)
    }

    /// One customer on every side: purchases until he leaves.
    fn live(
        &self,
        setting: &Setting<'_>,
        numbers: &[f64],
        hazards: &[Vec<f64>],
        (course, start, later): (&Course, Instant, i64),
        (patience, temptation): (f64, f64),
        played: &mut [Played],
    ) {
        let Some(first) = course.purchases.first() else { return };
        let class = class_of(first, self.churn.len());
        for (side, sum) in played.iter_mut().enumerate() {
            let hazard = hazards[side][class];
            let mut until = setting.window.1;
            if hazard > 0.0 {
                let gone = start.plus_micros((patience / hazard * MONTH).min(1e17) as i64);
                if gone < until {
                    until = gone;
                    sum.left += 1.0;
                }
            }
            if let Some(offer) = self.tempted(numbers, course, later, side, temptation)
                && offer < until
            {
                if until < setting.window.1 {
                    sum.left -= 1.0;
                }
                until = offer;
                sum.switched += 1.0;
            }
            // Nobody knows how many a shop's guests are.
            sum.customers += f64::from(u8::from(until == setting.window.1 && !course.guest));
            for bought in &course.purchases {
                if bought.at.plus_micros(later) >= until {
                    break;
                }
                let weight = self.weight(numbers, bought, side);
                sum.gross += weight * bought.gross.0 as f64;
                sum.discount += weight * bought.granted[side].0 as f64;
                sum.cost += weight * bought.cost.0 as f64;
            }
        }
    }

    /// When a customer leaves for the rival.
    fn tempted(&self, numbers: &[f64], course: &Course, later: i64, side: usize, temptation: f64) -> Option<Instant> {
        let rival = self.rival.as_ref()?;
        let when = |bought: &Bought| bought.at.plus_micros(later);
        let before = course.purchases.iter().rev().find(|bought| when(bought) < rival.from);
        let last = before.or(course.purchases.first())?;
        let reached = rival.reaches.get(class_of(last, rival.reaches.len())).copied().unwrap_or(false);
        if !reached || temptation >= numbers[rival.switch] || last.gross.0 <= 0 {
            return None;
        }
        let rate = last.granted[side].0 as f64 / last.gross.0 as f64;
        (rate < numbers[rival.rate]).then_some(rival.from)
    }

    /// Plays many runs, each with numbers drawn from their ranges. The same seed gives the same answers on any number of threads:
    /// every run has a stream of chance of its own.
    pub fn answers(
        &self,
        setting: &Setting<'_>,
        runs: u32,
        seed: u64,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Option<Answers> {
        let rng = |run: u32| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(u64::from(run));
            rng
        };
        let drawn = |run: u32| {
            let mut rng = rng(run);
            let draw = |number: &Assumption| {
                let Ranged { low, high, .. } = number.range;
                low + (high - low) * rng.random::<f64>()
            };
            let numbers: Vec<f64> = self.numbers.iter().map(draw).collect();
            self.play(setting, &numbers, &mut rng, go_on)
        };
        let played: Vec<Vec<Played>> = (0..runs).into_par_iter().map(drawn).collect::<Option<_>>()?;
        let mean = |numbers: Vec<f64>| -> Option<Vec<f64>> {
            let one = |run: u32| self.play(setting, &numbers, &mut rng(run), go_on);
            let runs: Vec<Vec<Played>> = (0..SWING_RUNS).into_par_iter().map(one).collect::<Option<_>>()?;
            let difference = |side: usize| {
                runs.iter().map(|sides| sides[side].margin() - sides[0].margin()).sum::<f64>() / f64::from(SWING_RUNS)
            };
            Some((1..setting.service.len()).map(difference).collect())
        };
        let at = |place: usize, value: f64| {
            let mut numbers = self.used();
            numbers[place] = value;
            mean(numbers)
        };
        let swing = |(place, number): (usize, &Assumption)| {
            let (low, high) = (at(place, number.range.low)?, at(place, number.range.high)?);
            Some(low.into_iter().zip(high).collect())
        };
        let swings = self.numbers.iter().enumerate().map(swing).collect::<Option<_>>()?;
        let side =
            |of: &dyn Fn(&[Played]) -> Played| PlayedBand::of(&played.iter().map(|run| of(run)).collect::<Vec<_>>());
        let less = |a: Played, b: Played| Played {
            gross: a.gross - b.gross,
            discount: a.discount - b.discount,
            cost: a.cost - b.cost,
            customers: a.customers - b.customers,
            left: a.left - b.left,
            switched: a.switched - b.switched,
        };
        Some(Answers {
            sides: (0..setting.service.len()).map(|nth| side(&|run| run[nth])).collect(),
            differences: (1..setting.service.len()).map(|nth| side(&|run| less(run[nth], run[0]))).collect(),
            swings,
            middle: mean(self.used())?,
        })
    }
}

impl PlayedBand {
    fn of(runs: &[Played]) -> Self {
        let band = |part: &dyn Fn(&Played) -> f64| Band::of(runs.iter().map(part).collect());
        Self {
            gross: band(&|run| run.gross),
            discount: band(&|run| run.discount),
            net: band(&|run| run.gross - run.discount),
            margin: band(&Played::margin),
            customers: band(&|run| run.customers),
            left: band(&|run| run.left),
            switched: band(&|run| run.switched),
        }
    }
}

/// The place of a purchase's class; the last of so many is for those without one.
fn class_of(bought: &Bought, places: usize) -> usize {
    bought.class.map_or(places.saturating_sub(1), usize::from).min(places.saturating_sub(1))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is exact is compared exactly")]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::money::Money;
    use crate::policy::Rival;

    const START: i64 = 1_700_000_000_000_000;

    fn number(text: &str) -> Number {
        Number::parse(text).expect("a number")
    }

    fn day(day: i64) -> Instant {
        Instant(START + day * 86_400_000_000)
    }

    /// Customers of class 0 who buy for 100.00, at a cost of 60.00, every 30 days of a year.
    fn courses(customers: usize, granted: &[i64]) -> Vec<Course> {
        let bought = |nth: i64| Bought {
            at: day(nth * 30),
            gross: Money(10_000),
            cost: Money(6_000),
            class: Some(0),
            granted: granted.iter().map(|granted| Money(*granted)).collect(),
        };
        vec![Course { purchases: (0..12).map(bought).collect(), known: true, guest: false }; customers]
    }

    fn nothing() -> Behaviour {
        let elasticity = vec![Assumed::Point(Number::ZERO); 2];
        Behaviour { segment: Some(0), runs: 50, elasticity, rival: None, churn: Vec::new(), newcomers: None }
    }

    fn answers(behaviour: &Behaviour, courses: &[Course], service: &[Vec<f64>]) -> Answers {
        let model = Model::new(behaviour, &["A".to_owned()]);
        let setting = Setting { courses, window: (day(0), day(365)), service };
        model.answers(&setting, behaviour.runs, 7, &|| true).expect("answers")
    }

    #[test]
    fn it_stops_wherever_somebody_ends_it() {
        let model = Model::new(&nothing(), &["A".to_owned()]);
        let courses = courses(9_000, &[0, 500]);
        let setting = Setting { courses: &courses, window: (day(0), day(365)), service: &both() };
        let looks = AtomicU32::new(0);
        let found = |stop: u32| {
            looks.store(0, Ordering::Relaxed);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
            let go_on = || looks.fetch_add(1, Ordering::Relaxed) != stop;
            pool.install(|| model.answers(&setting, 3, 7, &go_on)).is_some()
        };
        assert!(found(u32::MAX));
        let all = looks.load(Ordering::Relaxed);
        for stop in [0, 1, 2, 3, 7, 20, all / 2, all - 1] {
            assert_eq!((found(stop), looks.load(Ordering::Relaxed)), (false, stop + 1), "nothing is done after it");
        }
    }

    const BOTH: [[f64; 2]; 2] = [[0.0, 0.0]; 2];

    fn both() -> Vec<Vec<f64>> {
        BOTH.map(|side| side.to_vec()).to_vec()
    }

    fn near(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance, "{a} is not {b}");
    }

    #[test]
    fn without_assumptions_it_is_the_replay() {
        let found = answers(&nothing(), &courses(10, &[0, 500]), &both());
        let [baseline, candidate] = found.sides.as_slice() else { panic!("two sides") };
        assert_eq!(baseline.margin, Band { low: 480_000.0, median: 480_000.0, high: 480_000.0 });
        assert_eq!(candidate.margin.median, 420_000.0);
        assert_eq!((found.differences[0].margin.median, found.middle[0]), (-60_000.0, -60_000.0));
        assert_eq!(found.sides[1].customers.median, 10.0);
    }

    #[test]
    fn lower_prices_sell_more_as_the_elasticity_says() {
        let mut behaviour = nothing();
        behaviour.elasticity[0] = Assumed::Range(number("1"), number("3"));
        let found = answers(&behaviour, &courses(10, &[0, 1_000]), &both());
        // At an elasticity of 2 a price of 90 % sells 1 / 0.81 as much.
        let expect = (9_000.0 - 6_000.0) * 120.0 / 0.81 - 480_000.0;
        near(found.middle[0], expect, 1e-6);
        let (low, high) = found.swings[0][0];
        near(low, 3_000.0 * 120.0 / 0.9 - 480_000.0, 1e-6);
        near(high, 3_000.0 * 120.0 / 0.729 - 480_000.0, 1e-6);
        let band = found.differences[0].margin;
        assert!(low < band.low && band.low < band.median && band.median < band.high && band.high < high, "{band:?}");
    }

    #[test]
    fn a_rival_takes_his_share_unless_he_is_matched() {
        let mut behaviour = nothing();
        let rate = Assumed::Point(number("0.05"));
        let switch = Assumed::Point(number("0.3"));
        behaviour.rival = Some(Rival { rate, from: day(180), classes: vec![0], switch });
        let model = Model::new(&behaviour, &["A".to_owned()]);
        let courses = courses(2_000, &[0, 500]);
        let setting = Setting { courses: &courses, window: (day(0), day(365)), service: &both() };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let played = model.play(&setting, &model.used(), &mut rng, &|| true).expect("not stopped");
        near(played[0].switched / 2_000.0, 0.3, 0.03);
        assert_eq!(played[1].switched, 0.0, "5 % match 5 %");
        // Those who switch buy six times in place of twelve.
        near(played[0].gross, 10_000.0 * (2_000.0 * 12.0 - played[0].switched * 6.0), 1e-3);
        assert_eq!(played[0].customers + played[0].switched, 2_000.0);
    }

    #[test]
    fn service_keeps_customers() {
        let mut behaviour = nothing();
        let satisfied = SatisfiedAt {
            spend: Assumed::Point(number("100")),
            now: Assumed::Point(number("3")),
            without: Assumed::Point(number("1")),
            ceiling: Assumed::Point(number("5")),
        };
        let answers = Some((Assumed::Point(number("0.5")), satisfied));
        behaviour.churn = vec![(0, Churn { monthly: Assumed::Point(number("0.04")), answers })];
        let model = Model::new(&behaviour, &["A".to_owned()]);
        let courses = courses(4_000, &[0, 0]);
        // As now, and twice that: half a point to the ceiling is left, so one point more.
        let service = [vec![100.0, 0.0], vec![200.0, 0.0]];
        let setting = Setting { courses: &courses, window: (day(0), day(365)), service: &service };
        let played =
            model.play(&setting, &model.used(), &mut ChaCha8Rng::seed_from_u64(1), &|| true).expect("not stopped");
        let months = 365.0 / 30.436_875;
        near(played[0].customers / 4_000.0, 0.96f64.powf(months), 0.02);
        near(played[1].customers / 4_000.0, 0.96f64.powf(months / 2.0), 0.02);
        assert!(played[1].gross > played[0].gross);
    }

    #[test]
    fn newcomers_buy_what_newcomers_bought() {
        let mut behaviour = nothing();
        behaviour.newcomers = Some(Assumed::Point(number("10")));
        let mut courses = courses(1, &[0, 0]);
        courses[0].known = false;
        courses[0].purchases.truncate(1);
        let model = Model::new(&behaviour, &["A".to_owned()]);
        let setting = Setting { courses: &courses, window: (day(0), day(365)), service: &both() };
        let played =
            model.play(&setting, &model.used(), &mut ChaCha8Rng::seed_from_u64(1), &|| true).expect("not stopped");
        near(played[0].gross / 10_000.0, 1.0 + 10.0 * 365.0 / 30.436_875, 5.0);
    }

    #[test]
    fn the_same_seed_answers_the_same_on_any_number_of_threads() {
        let mut behaviour = nothing();
        behaviour.elasticity[0] = Assumed::Range(number("0.5"), number("1.5"));
        behaviour.churn = vec![(0, Churn { monthly: Assumed::Range(number("0.01"), number("0.05")), answers: None })];
        behaviour.newcomers = Some(Assumed::Range(number("1"), number("4.5")));
        let courses = courses(50, &[0, 700]);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| answers(&behaviour, &courses, &both()))
        };
        assert_eq!(on(1), on(3));
    }
}
