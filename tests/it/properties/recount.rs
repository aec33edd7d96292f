//! What metrics and kept classes must be, counted anew from everything that ever happened, as the contract has it.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use treue::model::{Interaction, Purchase};
use treue::time::Instant;

/// Everything that one customer did.
#[derive(Debug, Default, Clone)]
pub struct Past {
    /// With what came back of them.
    pub purchases: Vec<Purchase>,
    pub interactions: Vec<Interaction>,
}

#[derive(Debug, Clone, Copy)]
pub enum Stretch {
    Ever,
    Days(u64),
    Months(u32),
    Since(Period),
}

#[derive(Debug, Clone, Copy)]
pub enum Period {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

#[derive(Debug, Clone, Copy)]
pub enum What {
    Sum(Of),
    Purchases,
    Contacts,
    AveragePerPurchase(Of),
    AverageRating,
    AverageContactCost,
    DaysSinceFirst,
    DaysSinceLast,
    DaysSinceContact,
}

#[derive(Debug, Clone, Copy)]
pub enum Of {
    Gross,
    Discount,
    Net,
    Cost,
    Margin,
    Profit,
    ServiceCost,
    Quantity,
}

#[derive(Debug, Clone, Copy)]
pub enum Which {
    All,
    Shoes,
    NotNew,
}

#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub what: What,
    pub stretch: Stretch,
    pub which: Which,
}

/// The calendar of a zone, straight from chrono.
#[derive(Debug, Clone, Copy)]
pub struct Calendar(pub Tz);

impl Calendar {
    pub fn local(self, at: Instant) -> NaiveDateTime {
        let utc = DateTime::<Utc>::from_timestamp_micros(at.0).expect("in range");
        utc.with_timezone(&self.0).naive_local()
    }

    /// The earlier where it is shown twice; moved on by the gap where it is skipped.
    pub fn instant(self, local: NaiveDateTime) -> Instant {
        let micros = match self.0.from_local_datetime(&local).earliest() {
            Some(found) => found.timestamp_micros(),
            None => {
                let hour_before = self.0.from_local_datetime(&(local - chrono::Duration::hours(3))).earliest();
                let offset = hour_before.expect("gaps are short").offset().fix().local_minus_utc();
                local.and_utc().timestamp_micros() - i64::from(offset) * 1_000_000
            }
        };
        Instant(micros)
    }

    pub fn start(self, stretch: Stretch, at: Instant) -> Instant {
        let local = self.local(at);
        match stretch {
            Stretch::Ever => Instant::MIN,
            Stretch::Days(days) => self.instant(local - Days::new(days)),
            Stretch::Months(months) => self.instant(local - Months::new(months)),
            Stretch::Since(period) => self.instant(Self::period(period, local.date()).and_time(NaiveTime::MIN)),
        }
    }

    fn period(period: Period, day: NaiveDate) -> NaiveDate {
        let first = |month| NaiveDate::from_ymd_opt(day.year(), month, 1).expect("a day");
        match period {
            Period::Day => day,
            Period::Week => day - Days::new(u64::from(day.weekday().num_days_from_monday())),
            Period::Month => first(day.month()),
            Period::Quarter => first([1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10][day.month0() as usize]),
            Period::Year => first(1),
        }
    }

    fn days(self, from: Instant, until: Instant) -> i64 {
        (self.local(until) - self.local(from)).num_days()
    }
}

/// One purchase as it was known: what of its lines was left.
struct Left {
    at: Instant,
    counts: bool,
    /// Gross, discount, cost in minor units, quantity in thousandths.
    sums: [i128; 4],
}

impl Past {
    /// Purchases before `at` that hold a line of these, less what came back before `known`.
    fn left(&self, which: Which, at: Instant, known: Instant) -> Vec<Left> {
        let mut all = Vec::new();
        for purchase in self.purchases.iter().filter(|purchase| purchase.at < at) {
            let mut left = Left { at: purchase.at, counts: false, sums: [0; 4] };
            for (place, line) in purchase.lines.iter().enumerate() {
                let meant = match which {
                    Which::All => true,
                    Which::Shoes => line.category.as_deref() == Some("shoes"),
                    Which::NotNew => !line.tags.iter().any(|tag| tag.as_ref() == "new"),
                };
                if !meant {
                    continue;
                }
                let mut sums = [line.gross.0, line.discount.0, line.cost.0, line.quantity.0].map(i128::from);
                for goods in purchase.returns.iter().filter(|goods| goods.at < known) {
                    for back in goods.lines.iter().filter(|back| back.line as usize == place) {
                        let back = [back.gross.0, back.discount.0, back.cost.0, back.quantity.0];
                        sums.iter_mut().zip(back).for_each(|(sum, back)| *sum -= i128::from(back));
                    }
                }
                left.counts |= sums[3] > 0;
                left.sums.iter_mut().zip(sums).for_each(|(all, one)| *all += one);
            }
            all.push(left);
        }
        all
    }

    /// In millionths of the major unit, of a purchase, of a day.
    pub fn value(&self, asked: Asked, at: Instant, calendar: Calendar) -> Option<i128> {
        self.value_known(asked, at, at, calendar)
    }

    fn value_known(&self, asked: Asked, at: Instant, known: Instant, calendar: Calendar) -> Option<i128> {
        let days = |when: Option<Instant>| when.map(|when| i128::from(calendar.days(when, at)) * 1_000_000);
        let contacts: Vec<&Interaction> = self.interactions.iter().filter(|contact| contact.at < at).collect();
        let bought = self.left(asked.which, at, known);
        match asked.what {
            What::DaysSinceFirst => return days(bought.iter().filter(|p| p.counts).map(|p| p.at).min()),
            What::DaysSinceLast => return days(bought.iter().filter(|p| p.counts).map(|p| p.at).max()),
            What::DaysSinceContact => return days(contacts.iter().map(|contact| contact.at).max()),
            _ => {}
        }
        let start = calendar.start(asked.stretch, at);
        let bought: Vec<&Left> = bought.iter().filter(|purchase| start <= purchase.at).collect();
        let contacts: Vec<&Interaction> = contacts.into_iter().filter(|contact| start <= contact.at).collect();
        let sum = |of: fn(&Left) -> i128| bought.iter().map(|purchase| of(purchase)).sum::<i128>();
        let service = match asked.which {
            Which::All => contacts.iter().map(|contact| i128::from(contact.cost.0)).sum::<i128>(),
            Which::Shoes | Which::NotNew => 0,
        };
        let of = |of: Of| match of {
            Of::Gross => sum(|p| p.sums[0]) * 10_000,
            Of::Discount => sum(|p| p.sums[1]) * 10_000,
            Of::Net => sum(|p| p.sums[0] - p.sums[1]) * 10_000,
            Of::Cost => sum(|p| p.sums[2]) * 10_000,
            Of::Margin => sum(|p| p.sums[0] - p.sums[1] - p.sums[2]) * 10_000,
            Of::Profit => (sum(|p| p.sums[0] - p.sums[1] - p.sums[2]) - service) * 10_000,
            Of::ServiceCost => service * 10_000,
            Of::Quantity => sum(|p| p.sums[3]) * 1_000,
        };
        let purchases = bought.iter().filter(|purchase| purchase.counts).count() as i128;
        let average = |sum: i128, count: i128| {
            // Half away from zero at the sixth decimal.
            let up = |sum: i128| (2 * sum + count) / (2 * count);
            (count > 0).then(|| if sum < 0 { -up(-sum) } else { up(sum) })
        };
        match asked.what {
            What::Sum(what) => Some(of(what)),
            What::Purchases => Some(purchases * 1_000_000),
            What::Contacts => Some(contacts.len() as i128 * 1_000_000),
            What::AveragePerPurchase(what) => average(of(what), purchases),
            What::AverageContactCost => average(of(Of::ServiceCost), contacts.len() as i128),
            What::AverageRating => {
                let ratings: Vec<u8> = contacts.iter().filter_map(|contact| contact.rating).collect();
                average(ratings.iter().map(|r| i128::from(*r)).sum::<i128>() * 1_000_000, ratings.len() as i128)
            }
            What::DaysSinceFirst | What::DaysSinceLast | What::DaysSinceContact => None,
        }
    }

    /// The best value at any instant from `from` to `at`, of what is known at `at`, by trying every instant at which anything may change.
    pub fn best(&self, asked: Asked, from: Instant, at: Instant, calendar: Calendar) -> Option<i128> {
        let mut instants = vec![from, at];
        let happened: Vec<Instant> = self
            .purchases
            .iter()
            .flat_map(|p| p.returns.iter().map(|goods| goods.at).chain([p.at]))
            .chain(self.interactions.iter().map(|contact| contact.at))
            .collect();
        for &when in &happened {
            instants.push(when);
            // It leaves a window when the window has passed; at the ends of months and at clock changes some days later.
            let local = calendar.local(when);
            for late in 0..5 {
                let leaves = match asked.stretch {
                    Stretch::Days(days) => local + Days::new(days + late),
                    Stretch::Months(months) => local + Months::new(months) + Days::new(late),
                    Stretch::Ever | Stretch::Since(_) => local + Days::new(late),
                };
                instants.push(calendar.instant(leaves));
            }
        }
        // Every midnight, and every hour of nights in which clocks may change.
        let mut day = calendar.local(from).date();
        while calendar.instant(day.and_time(NaiveTime::MIN)) <= at {
            let midnight = calendar.instant(day.and_time(NaiveTime::MIN));
            let hours = if matches!(day.month(), 3 | 10) && day.day() >= 25 { 4 } else { 1 };
            instants.extend((0..hours).map(|hour| Instant(midnight.0 + hour * 3_600_000_000)));
            day = day + Days::new(1);
        }
        let near = instants.iter().flat_map(|when| [when.0 - 1, when.0, when.0 + 1]);
        let mut near: Vec<i64> = near.filter(|when| from.0 <= *when && *when <= at.0).collect();
        near.sort_unstable();
        near.dedup();
        near.into_iter().filter_map(|when| self.value(asked, Instant(when), calendar)).max()
    }
}
