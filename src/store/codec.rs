//! Rows as bytes: a version, then postcard. The one place that knows how rows are written.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::came_back::CameBack;
use super::failure::Failure;
use super::filters::FilterHash;
use crate::id::Revision;
use crate::metric::{Event, LineFilter, Mark};
use crate::model::{Customer, Entry, Interaction, Lot, PointsAccount, Purchase, PurchasePoints};
use crate::money::{Money, Quantity, UnitPrice};
use crate::time::Instant;

/// The version of most records.
const VERSION: u8 = 1;

/// Something that is kept as a row.
pub trait Record: Serialize + DeserializeOwned {
    /// What it is, for messages.
    const WHAT: &'static str;
    /// The version that is written.
    const VERSION: u8 = VERSION;

    /// Reads what follows an older version; absent for one that never was.
    fn older(_version: u8, _rest: &[u8]) -> Option<postcard::Result<(Self, &[u8])>> {
        None
    }
}

/// Bytes of a row.
pub fn encode<T: Record>(record: &T) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(128);
    bytes.push(T::VERSION);
    postcard::to_extend(record, bytes).map_err(|error| damaged::<T>(error.to_string()))
}

/// Bytes of a [`PurchaseRow`] of a borrowed purchase, which was not decided here.
pub(super) fn encode_purchase(purchase: &Purchase) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(64 + 32 * purchase.lines.len());
    bytes.push(VERSION);
    // A tuple is written like a struct of the same fields.
    let row = (purchase, None::<PurchasePoints>, None::<Vec<u8>>);
    postcard::to_extend(&row, bytes).map_err(|error| damaged::<PurchaseRow>(error.to_string()))
}

/// The purchase of a [`PurchaseRow`], which comes first in it.
pub(super) fn read_purchase(place: &[u8], row: &[u8]) -> Result<KeptPurchase, Failure> {
    let (version, rest) = split_version::<PurchaseRow>(row)?;
    if version != PurchaseRow::VERSION {
        return Err(unknown::<PurchaseRow>(version));
    }
    let read = postcard::take_from_bytes(rest).map_err(|error| damaged::<PurchaseRow>(error.to_string()));
    Ok(KeptPurchase { sequence: sequence_of(place)?, purchase: read?.0 })
}

/// The sequence in the place of a purchase.
pub(super) fn sequence_of(place: &[u8]) -> Result<u64, Failure> {
    let sequence = place.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
    sequence.ok_or_else(|| damaged::<PurchaseRow>("its key cannot be read".to_owned()))
}

/// Bytes of a [`KeptInteraction`] of a borrowed interaction.
pub(super) fn encode_interaction(sequence: u64, interaction: &Interaction) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(64);
    bytes.push(VERSION);
    postcard::to_extend(&(sequence, interaction), bytes).map_err(|error| damaged::<KeptInteraction>(error.to_string()))
}

/// The record in a row.
pub fn decode<T: Record>(bytes: &[u8]) -> Result<T, Failure> {
    let read = match split_version::<T>(bytes)? {
        (version, rest) if version == T::VERSION => postcard::take_from_bytes(rest),
        (version, rest) => T::older(version, rest).ok_or_else(|| unknown::<T>(version))?,
    };
    let (record, rest) = read.map_err(|error| damaged::<T>(error.to_string()))?;
    if rest.is_empty() { Ok(record) } else { Err(damaged::<T>(format!("{} bytes too many", rest.len()))) }
}

fn split_version<T: Record>(bytes: &[u8]) -> Result<(u8, &[u8]), Failure> {
    let (version, rest) = bytes.split_first().ok_or_else(|| damaged::<T>("it is empty".to_owned()))?;
    Ok((*version, rest))
}

fn unknown<T: Record>(version: u8) -> Failure {
    damaged::<T>(format!("version {version} is unknown"))
}

fn damaged<T: Record>(why: String) -> Failure {
    Failure::Damaged { what: T::WHAT, why }
}

/// A purchase as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPurchase {
    /// Its place among all events of the store.
    pub sequence: u64,
    /// The purchase.
    pub purchase: Purchase,
}

/// All that is kept of a purchase, in one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseRow {
    /// The purchase with its returns.
    pub purchase: Purchase,
    /// What it did to points; absent where it did nothing.
    pub points: Option<PurchasePoints>,
    /// Its decision, as the application writes it; absent for one that was not decided here.
    pub decision: Option<Vec<u8>>,
}

/// All that is kept of a customer besides the card, in one row: a decision reads it, a purchase writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRow {
    /// The account of each filter that any event passed: all lines first.
    pub accounts: Vec<(FilterHash, Account)>,
    /// Lots of points with something left.
    pub points: PointsAccount,
    /// What came back lately.
    pub came_back: CameBack,
}

impl CustomerRow {
    /// The account of a filter.
    pub fn account(&self, filter: FilterHash) -> Option<&Account> {
        self.accounts.iter().find(|(known, _)| *known == filter).map(|(_, account)| account)
    }

    /// The account of a filter, empty where there was none.
    pub(super) fn account_mut(&mut self, filter: FilterHash) -> &mut Account {
        let at = match self.accounts.binary_search_by_key(&filter, |(known, _)| *known) {
            Ok(at) => at,
            Err(at) => {
                self.accounts.insert(at, (filter, Account::default()));
                at
            }
        };
        &mut self.accounts[at].1
    }
}

/// An interaction as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptInteraction {
    /// Its place among all events of the store.
    pub sequence: u64,
    /// The interaction.
    pub interaction: Interaction,
}

/// One customer's events that pass one filter: sums of the older ones, and the newest in full.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// When an event was last corrected afterwards, by a return or a change of an interaction.
    pub corrected_at: Option<Instant>,
    /// The first purchase that was not fully returned.
    pub first_purchase: Option<Instant>,
    /// How many events the chunks hold.
    pub older: u64,
    /// Everything before the tail: the sums of what the chunks hold.
    pub spilled: Mark,
    /// The newest events, in order.
    pub tail: Vec<Event>,
}

/// A stretch of older events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Everything before it.
    pub before: Mark,
    /// Its events, in order; never empty.
    pub events: Vec<Event>,
}

/// A line filter whose accounts are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFilter {
    /// What it chooses.
    pub filter: LineFilter,
    /// Whether the accounts of all customers are built, so that reading them is exact.
    pub complete: bool,
    /// The last customer whose account was built from history.
    pub built_until: Option<String>,
}

/// What was used of a discount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// How often.
    pub uses: u64,
    /// How much it granted.
    pub amount: Money,
}

/// A stored bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRevision {
    /// Its hash.
    pub revision: Revision,
    /// Paths and texts.
    pub sources: Vec<(String, String)>,
    /// When it was stored.
    pub stored_at: Instant,
    /// Who stored it.
    pub by: String,
    /// Why, in the author's words.
    pub note: String,
}

/// A revision comes into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// From when; may lie ahead.
    pub at: Instant,
    /// Tells activations of one instant apart; the later one counts.
    pub sequence: u64,
    /// Which revision.
    pub revision: Revision,
    /// Who activated it.
    pub by: String,
    /// Why, in the author's words.
    pub note: String,
    /// When it was asked for.
    pub recorded_at: Instant,
}

/// Cut-offs of a segment over the whole base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCutoffs {
    /// The snapshot they were computed in.
    pub snapshot: u64,
    /// As of when.
    pub taken_at: Instant,
    /// The cut-offs, as the engine writes them.
    pub body: Vec<u8>,
}

/// The answer to an idempotent request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Hash of the request.
    pub request: [u8; 32],
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// When.
    pub at: Instant,
}

/// Goods that came back without a purchase they could be matched with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmatchedReturn {
    /// Its id.
    pub id: String,
    /// Who brought them back, where known.
    pub customer: Option<String>,
    /// When.
    pub at: Instant,
    /// What.
    pub lines: Vec<UnmatchedLine>,
    /// Why no purchase was found.
    pub reason: String,
}

/// A row of an unmatched return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmatchedLine {
    /// The shop's article number.
    pub sku: Box<str>,
    /// How many came back, above zero.
    pub quantity: Quantity,
    /// Price of one.
    pub unit_price: UnitPrice,
}

macro_rules! records {
    ($($kind:ty = $what:literal,)+) => { $(impl Record for $kind { const WHAT: &'static str = $what; })+ };
}

impl Record for CustomerRow {
    const WHAT: &'static str = "account";
    /// 2 knows what came back.
    const VERSION: u8 = 2;

    fn older(version: u8, rest: &[u8]) -> Option<postcard::Result<(Self, &[u8])>> {
        // A struct is written like a tuple of the same fields.
        let read = (version == 1).then(|| postcard::take_from_bytes(rest))?;
        Some(
            read.map(|((accounts, points), rest)| {
                (Self { accounts, points, ..Self::default() }.without_came_back(), rest)
            }),
        )
    }
}

records! {
    Customer = "customer",
    PurchaseRow = "purchase",
    KeptInteraction = "interaction",
    Chunk = "chunk",
    KeptFilter = "filter",
    Spent = "budget",
    u64 = "number",
    KeptRevision = "revision",
    Activation = "activation",
    KeptCutoffs = "cut-offs",
    Answered = "answer",
    UnmatchedReturn = "unmatched return",
    Lot = "lot",
    Entry = "entry",
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Totals;
    use crate::model::{Attribute, EntryKind, LotPart};
    use crate::money::Number;
    use crate::store::tests::{card, interaction, purchase, unit_back};
    use proptest::prelude::*;

    /// Rows of old stores must stay readable. Where this fails because a kept type changed: write the new form under
    /// the next version, and go on reading this one.
    #[test]
    fn rows_of_version_1_stay_what_they_are() {
        fn check<T: Record + PartialEq + std::fmt::Debug>(record: &T, expect: &str) {
            let bytes = encode(record).expect("bytes");
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, expect, "{}", T::WHAT);
            assert_eq!(decode::<T>(&bytes).as_ref(), Ok(record));
        }
        let mut bought = purchase("p", Some("c"), 5);
        bought.revision = Some(Revision([7; 16]));
        bought.returns.push(unit_back("r", 1, 9));
        let adds = Totals { purchases: 1, gross: 300, rating_sum: -1, ..Totals::default() };
        let event = Event { at: Instant(5), sequence: 300, adds };
        let mark = Mark { totals: adds, last_purchase: Some(Instant(5)), last_interaction: None };
        let mut full = card("c");
        full.birthday = chrono::NaiveDate::from_ymd_opt(1990, 2, 28);
        full.consent.insert("newsletter".to_owned(), true);
        full.attributes.insert("size".to_owned(), Attribute::Number(Number(-42_500_000)));
        full.attributes.insert("vip".to_owned(), Attribute::Bool(true));
        check(
            &full,
            "01016301094e616d65206f662063000000010a313939302d30322d3238020473697a6501bffec328037669700201010a6e6577736c6574746572010000",
        );
        check(
            &PurchaseRow { purchase: bought, points: None, decision: Some(vec![1, 9]) },
            "0101700101630a0a0107070707070707070707070707070707020473686f65010573686f657300d00f80897aa09c01d00f904e0368617401046861747300a01f80b518c03ea006a01f010172120101d00fa01f9003d00f0001020109",
        );
        check(
            &KeptInteraction { sequence: 1, interaction: interaction("i", "c", 5, Some(4)) },
            "0101016901630463616c6c0a84070104010c77617320667269656e646c79",
        );
        check(
            &Account { older: 2, spilled: mark, tail: vec![event], ..Account::default() },
            "010000020200d804000000000001010a00010aac020200d804000000000001",
        );
        check(&Chunk { before: mark, events: vec![event] }, "010200d804000000000001010a00010aac020200d804000000000001");
        check(&Spent { uses: 3, amount: Money(-5) }, "010309");
        check(&300u64, "01ac02");
        let (at, later) = (Instant(5), Some(Instant(9)));
        let lot = Lot { id: 300, earned_at: at, matures_at: at, expires_at: later, left: -7, expired: 2 };
        check(&lot, "01ac020a0a01120d04");
        check(&PointsAccount { lots: vec![lot] }, "0101ac020a0a01120d04");
        let row = CustomerRow {
            accounts: vec![(FilterHash(300), Account::default())],
            points: PointsAccount { lots: vec![lot] },
            came_back: CameBack::default(),
        };
        check(&row, "0201ac0200000000000000000000000000000001ac020a0a01120d040000");
        let taken = vec![LotPart { lot: 300, points: 7 }];
        check(&PurchasePoints { earned: 4, lot: 301, taken, paid: Money(7) }, "0108ad0201ac020e0e");
        let entry = Entry {
            sequence: 302,
            kind: EntryKind::Reverse,
            points: -3,
            balance: -2,
            lot: 300,
            at,
            purchase: Some("p".to_owned()),
            return_id: Some("r".to_owned()),
            matures_at: None,
            expires_at: later,
            lapsed: 1,
        };
        check(&entry, "01ae02030503ac020a01017001017200011202");
    }

    #[test]
    fn a_customer_of_version_1_does_not_know_what_came_back() {
        let account = Account { corrected_at: Some(Instant(9)), ..Account::default() };
        let row = CustomerRow { accounts: vec![(FilterHash::ALL, account)], ..CustomerRow::default() };
        let body = postcard::to_stdvec(&(&row.accounts, &row.points)).expect("bytes");
        let found: CustomerRow = decode(&[&[1], body.as_slice()].concat()).expect("a row");
        assert_eq!(found.accounts, row.accounts);
        assert_eq!(found.came_back.since(FilterHash::ALL, Instant(9)), None);
        assert_eq!(found.came_back.since(FilterHash::ALL, Instant(10)), Some(Vec::new()));
        assert!(decode::<CustomerRow>(&[&[3], body.as_slice()].concat()).is_err());
    }

    #[test]
    fn other_bytes_are_refused() {
        let check = |bytes: &[u8], expect: &str| {
            let refused = decode::<u64>(bytes).expect_err("no number").to_string();
            assert_eq!(refused, format!("the store holds a damaged number: {expect}"));
        };
        check(&[], "it is empty");
        check(&[2, 5], "version 2 is unknown");
        check(&[1, 5, 6], "1 bytes too many");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(version in 0u8..4, mut bytes in prop::collection::vec(any::<u8>(), 1..200)) {
            bytes[0] = version;
            // A length that lies must neither panic nor take memory for what is not there.
            let _ = decode::<PurchaseRow>(&bytes);
            let _ = decode::<CustomerRow>(&bytes);
            let _ = decode::<Customer>(&bytes);
        }
    }
}
