//! Logical tills whose requests are interleaved by a seed, without sockets and on a clock that stands: the same seed
//! gives the same history. A model of a few numbers says what each of them may get.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use treue::app::{
    App, Clock, PurchaseError, Purchased, Purchasing, ReturnError, Returned, Returning, Settings, Terms, WantedLine,
    verify,
};
use treue::model::{Basket, Line};
use treue::money::{Quantity, UnitPrice};
use treue::store::{Read, Store};
use treue::time::Instant;

const POLICY: &str = "\
currency: EUR
timezone: UTC
discounts:
  launch: { amount: 0.70, budget: 25.00 }
  welcome: { rate: 50%, uses: { per_customer: 1 } }
  flash: { amount: 0.10, uses: { total: 9 } }
points:
  earn: { per: 1.00, points: 1 }
  redeem: { value: 0.01, at_least: 1, max_share: 100% }
";
/// Places of the discounts in the policy.
const LAUNCH: u16 = 0;
const WELCOME: u16 = 1;
const FLASH: u16 = 2;

const TILLS: u64 = 64;

/// A request on its way.
#[derive(Debug, Clone)]
enum Ask {
    Buy(Box<Purchasing>),
    TakeBack(Returning),
}

#[derive(Debug)]
enum Answer {
    Bought(Result<Box<Purchased>, PurchaseError>),
    TookBack(Result<Box<Returned>, ReturnError>),
}

type Sending = Pin<Box<dyn Future<Output = Answer>>>;

fn send(app: &Arc<App>, ask: &Ask) -> Sending {
    let (app, ask) = (Arc::clone(app), ask.clone());
    Box::pin(async move {
        match ask {
            Ask::Buy(wanted) => Answer::Bought(app.purchase(*wanted).await.map(Box::new)),
            Ask::TakeBack(wanted) => Answer::TookBack(app.take_back(wanted).await.map(Box::new)),
        }
    })
}

/// Has all requests on their way, in this order, before any is answered.
async fn at_once(app: &Arc<App>, asks: &[Ask]) -> Vec<Answer> {
    let mut waiting: Vec<(Sending, Option<Answer>)> = asks.iter().map(|ask| (send(app, ask), None)).collect();
    for (sending, answer) in &mut waiting {
        poll_fn(|context| {
            if let Poll::Ready(ready) = sending.as_mut().poll(context) {
                *answer = Some(ready);
            }
            Poll::Ready(())
        })
        .await;
    }
    let mut answers = Vec::new();
    for (sending, answer) in waiting {
        answers.push(match answer {
            Some(answer) => answer,
            None => sending.await,
        });
    }
    answers
}

/// A purchase as the model knows it: two units of one article.
#[derive(Debug, Clone)]
struct Known {
    launch: i64,
    welcome: bool,
    flash: bool,
    redeemed: i64,
    earned: i64,
    /// Units that came back.
    back: i64,
}

/// What there is to overspend.
#[derive(Debug, Default)]
struct Model {
    purchases: BTreeMap<String, Known>,
    spent: i64,
    welcomes: i64,
    flashes: i64,
    points: i64,
    /// How often each limit was reached.
    tight: [u32; 4],
}

const BUDGET: i64 = 2_500;
const FLASHES: i64 = 9;

impl Model {
    /// Checks the first answer to a purchase against what was left, and takes it down.
    fn bought(&mut self, wanted: &Purchasing, answer: &Result<Box<Purchased>, PurchaseError>) -> String {
        let left = (BUDGET - self.spent, self.welcomes == 0, self.flashes < FLASHES);
        let asked = match &wanted.terms {
            Some(terms) => terms.decision.totals.points_redeemed,
            None => wanted.basket.redeem_points,
        };
        // Where more was taken back than was left, nothing can be redeemed until it is earned again.
        let enough = asked <= self.points.max(0);
        let granted = |decision: &treue::model::Decision, discount: u16| {
            decision.applied.iter().find(|applied| applied.discount == discount).map(|applied| applied.amount.0)
        };
        let quoted = wanted.terms.as_ref().map(|terms| {
            let promised = |discount| granted(&terms.decision, discount);
            promised(LAUNCH).unwrap_or(0) <= left.0
                && (promised(WELCOME).is_none() || left.1)
                && (promised(FLASH).is_none() || left.2)
        });
        match answer {
            Ok(done) => {
                assert!(!done.again, "`{}` was never committed", wanted.id);
                assert!(enough, "`{}` redeems {asked} of {}", wanted.id, self.points);
                assert_ne!(quoted, Some(false), "`{}` is committed at terms that are no longer there", wanted.id);
                let decision = &done.record.decision;
                let got = |discount| granted(decision, discount);
                let (launch, welcome, flash) = (got(LAUNCH).unwrap_or(0), got(WELCOME).is_some(), got(FLASH).is_some());
                match &wanted.terms {
                    Some(terms) => assert_eq!(decision, &terms.decision),
                    None => assert_eq!((launch, welcome, flash), (left.0.min(70), left.1, left.2), "`{}`", wanted.id),
                }
                assert_eq!(decision.totals.points_redeemed, asked);
                let known =
                    Known { launch, welcome, flash, redeemed: asked, earned: decision.totals.points_earned, back: 0 };
                self.spent += known.launch;
                self.welcomes += i64::from(known.welcome);
                self.flashes += i64::from(known.flash);
                self.points += known.earned - known.redeemed;
                for (tight, now) in self.tight.iter_mut().zip([left.0 < 70, !left.1, !left.2, asked == self.points]) {
                    *tight += u32::from(now);
                }
                self.purchases.insert(wanted.id.clone(), known);
                format!("{decision:?}")
            }
            Err(PurchaseError::Points { .. }) => {
                assert!(!enough && wanted.terms.is_none(), "`{}` may redeem {asked} of {}", wanted.id, self.points);
                self.tight[3] += 1;
                "points".to_owned()
            }
            Err(PurchaseError::Spent { .. }) => {
                assert!(quoted == Some(false) || !enough, "`{}` was promised what is there", wanted.id);
                "spent".to_owned()
            }
            Err(error) => panic!("`{}`: {error}", wanted.id),
        }
    }

    /// The same for the return of one unit or of all that is left.
    fn took_back(&mut self, wanted: &Returning, answer: &Result<Box<Returned>, ReturnError>) -> String {
        let all = wanted.lines.is_none();
        let Some(known) = self.purchases.get_mut(&wanted.purchase) else {
            assert!(matches!(answer, Err(ReturnError::NoPurchase(_))), "{answer:?}");
            return "nothing".to_owned();
        };
        let units = if all { 2 - known.back } else { 1 };
        if units == 0 || known.back + units > 2 {
            assert!(matches!(answer, Err(ReturnError::Refused(_))), "{answer:?}");
            return "refused".to_owned();
        }
        let done = answer.as_ref().expect("goods that come back");
        assert!(!done.again, "{done:?}");
        // Of an odd amount the first unit has the larger half.
        let held = |units: i64| (known.launch * units + 1) / 2;
        self.spent -= held(known.back + units) - held(known.back);
        known.back += units;
        if known.back == 2 {
            self.welcomes -= i64::from(known.welcome);
            self.flashes -= i64::from(known.flash);
        }
        let points = done.points;
        assert!((0..=known.redeemed).contains(&points.redeemed) && (0..=known.earned).contains(&points.earned));
        known.redeemed -= points.redeemed;
        known.earned -= points.earned;
        if known.back == 2 {
            assert_eq!((known.redeemed, known.earned), (0, 0), "all of it came back: {done:?}");
        }
        self.points += points.redeemed - points.earned;
        format!("{:?} {points:?}", done.goods)
    }
}

/// What is kept of a request that was answered, to send it again.
struct Sent {
    ask: Ask,
    told: String,
}

fn told(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Bought(Ok(done)) => Some(format!("{:?}", done.record.decision)),
        Answer::TookBack(Ok(done)) => Some(format!("{:?} {:?}", done.goods, done.points)),
        _ => None,
    }
}

fn again(answer: &Answer) -> bool {
    match answer {
        Answer::Bought(done) => done.as_ref().is_ok_and(|done| done.again),
        Answer::TookBack(done) => done.as_ref().is_ok_and(|done| done.again),
    }
}

struct Race {
    app: Arc<App>,
    chance: ChaCha8Rng,
    model: Model,
    sent: Vec<Sent>,
    /// Quotes that nobody committed yet.
    quotes: Vec<Terms>,
    numbers: u64,
    history: Vec<String>,
    _folder: tempfile::TempDir,
}

fn basket(price: i64, redeem_points: i64) -> Basket {
    let line = Line {
        sku: "X".into(),
        quantity: Quantity::units(2),
        unit_price: UnitPrice(price * 100),
        unit_cost: None,
        category: None,
        tags: vec![],
    };
    Basket { lines: vec![line], codes: vec![], redeem_points }
}

impl Race {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings { policies: folder.path().join("policies"), scripts: folder.path().join("scripts") };
        std::fs::create_dir(&settings.policies).expect("a folder");
        std::fs::write(settings.policies.join("shop.yaml"), POLICY).expect("a file");
        let now = Instant::parse_rfc3339("2026-03-01T11:00:00Z").expect("an instant");
        let store = Store::in_memory().expect("a store");
        let app = tokio::task::block_in_place(|| App::open(store, Clock::fixed(now), settings)).expect("an app");
        Self {
            app: Arc::new(app),
            chance: ChaCha8Rng::seed_from_u64(seed),
            model: Model::default(),
            sent: Vec::new(),
            quotes: Vec::new(),
            numbers: 0,
            history: Vec::new(),
            _folder: folder,
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn buying(&mut self) -> Purchasing {
        let number = self.number();
        let (id, customer) = (format!("p-{}-{number}", number % TILLS), Some("c".to_owned()));
        if self.chance.random_bool(0.2) && !self.quotes.is_empty() {
            let at = self.chance.random_range(0..self.quotes.len());
            let terms = Some(self.quotes.swap_remove(at));
            return Purchasing { id, request: request(number), customer: None, at: None, basket: basket(1, 0), terms };
        }
        let redeem = if self.chance.random_bool(0.4) { self.chance.random_range(1..250) } else { 0 };
        let basket = basket(self.chance.random_range(300..900), redeem);
        Purchasing { id, request: request(number), customer, at: None, basket, terms: None }
    }

    fn taking_back(&mut self, purchase: String) -> Returning {
        let number = self.number();
        let one = WantedLine { line: Some(0), sku: None, quantity: Some(Quantity::units(1)) };
        let lines = self.chance.random_bool(0.4).then(|| vec![one]);
        let mut hash = [0; 32];
        hash[..16].copy_from_slice(&request(number));
        Returning { purchase, id: Some(format!("r-{number}")), request: hash, at: None, lines }
    }

    /// Some requests at once: new ones, some of them twice, old ones again, and as the last one perhaps goods that come
    /// back before their purchase was answered.
    async fn wave(&mut self) {
        for _ in 0..self.chance.random_range(0..3) {
            let redeem = self.chance.random_range(0..3) * 100;
            let quoted = self.app.quote(Some("c".to_owned()), None, basket(self.chance.random_range(300..900), redeem));
            let quoted = quoted.expect("a quote");
            self.quotes.push(self.app.open_quote(&quoted.token).expect("a fresh quote"));
        }
        let mut asks: Vec<Ask> = Vec::new();
        let mut old: BTreeMap<usize, usize> = BTreeMap::new();
        let mut in_flight = None;
        for _ in 0..self.chance.random_range(1..12) {
            match self.chance.random_range(0..100) {
                0..55 => {
                    let wanted = self.buying();
                    in_flight = Some(wanted.id.clone());
                    asks.push(Ask::Buy(Box::new(wanted)));
                }
                55..85 if !self.model.purchases.is_empty() => {
                    let at = self.chance.random_range(0..self.model.purchases.len());
                    let id = self.model.purchases.keys().nth(at).expect("a purchase").clone();
                    let wanted = self.taking_back(id);
                    asks.push(Ask::TakeBack(wanted));
                }
                85..95 if !self.sent.is_empty() => {
                    let at = self.chance.random_range(0..self.sent.len());
                    old.insert(asks.len(), at);
                    asks.push(self.sent[at].ask.clone());
                }
                _ if !asks.is_empty() => {
                    let at = self.chance.random_range(0..asks.len());
                    if let Some(known) = old.get(&at) {
                        old.insert(asks.len(), *known);
                    }
                    asks.push(asks[at].clone());
                }
                _ => {}
            }
        }
        if let Some(purchase) = in_flight
            && self.chance.random_bool(0.5)
        {
            let wanted = self.taking_back(purchase);
            asks.push(Ask::TakeBack(wanted));
        }
        let answers = at_once(&self.app, &asks).await;
        for (at, (ask, answer)) in asks.iter().zip(&answers).enumerate() {
            let id = |ask: &Ask| match ask {
                Ask::Buy(wanted) => wanted.id.clone(),
                Ask::TakeBack(wanted) => wanted.id.clone().unwrap_or_default(),
            };
            let before = self.sent.iter().find(|sent| id(&sent.ask) == id(ask));
            if let Some(sent) = before {
                assert!(again(answer), "{ask:?}: {answer:?}");
                assert_eq!(told(answer).as_deref(), Some(&*sent.told), "{ask:?}");
                continue;
            }
            assert!(!old.contains_key(&at), "{ask:?} was sent before");
            let entry = match (ask, answer) {
                (Ask::Buy(wanted), Answer::Bought(answer)) => self.model.bought(wanted, answer),
                (Ask::TakeBack(wanted), Answer::TookBack(answer)) => self.model.took_back(wanted, answer),
                _ => panic!("an answer to another request"),
            };
            if let Some(told) = told(answer) {
                self.sent.push(Sent { ask: ask.clone(), told });
            }
            self.history.push(format!("{} {entry}", id(ask)));
        }
        self.compare();
    }

    /// What the store says is what the model says.
    fn compare(&self) {
        let rows = self.app.store().snapshot();
        let model = &self.model;
        let spent = rows.spent("launch", Instant::MIN).expect("a read");
        assert_eq!(spent.amount.0, model.spent);
        assert!((0..=BUDGET).contains(&model.spent) && model.welcomes <= 1 && model.flashes <= FLASHES, "{model:?}");
        assert_eq!(rows.customer_uses("welcome", "c", Instant::MIN).expect("a read"), model.welcomes as u64);
        assert_eq!(rows.spent("flash#uses", Instant::MIN).expect("a read").uses, model.flashes as u64);
        let lots = rows.points_account("c").expect("a read").unwrap_or_default().lots;
        assert_eq!(lots.iter().map(|lot| lot.left).sum::<i64>(), model.points);
    }

    fn assert_whole(&self) {
        let mut flaws = Vec::new();
        verify(&self.app.store().snapshot(), &mut |flaw| flaws.push(flaw)).expect("a store that can be read");
        assert_eq!(flaws, []);
    }
}

fn request(number: u64) -> [u8; 16] {
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    hash
}

async fn run(seed: u64, waves: u64) -> Race {
    let mut race = Race::new(seed);
    for _ in 0..waves {
        race.wave().await;
    }
    race.assert_whole();
    race
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_interleaving_overspends() {
    for seed in 0..4 {
        let race = run(seed, 150).await;
        assert!(race.model.tight.iter().all(|tight| *tight > 20), "each limit was fought for: {:?}", race.model.tight);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_gives_the_same_history() {
    let (first, second) = (run(7, 60).await, run(7, 60).await);
    assert!(first.history.len() > 200);
    assert_eq!(first.history, second.history);
    assert_ne!(first.history, run(8, 60).await.history);
}
