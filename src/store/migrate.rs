//! From one format to the next, in one transaction: a store is either as it was or as it should be.

use redb::{ReadableTable, Table as Open, TableDefinition, TableError, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::codec::{Account, CustomerRow, PurchaseRow, Record, decode, encode};
use super::failure::Failure;
use super::filters::FilterHash;
use super::key::{Key, Parts};
use super::read::damaged_key;
use super::table::Table;
use crate::model::{PointsAccount, Purchase, PurchasePoints};

type Rows<'t> = Open<'t, &'static [u8], &'static [u8]>;

/// Tables of formats 1 and 2: a row each for what is one row now.
const PURCHASES: &str = "purchases";
const PURCHASES_BY_TIME: &str = "purchases_by_time";
const DECISIONS: &str = "decisions";
const PURCHASE_POINTS: &str = "purchase_points";
const ACCOUNTS: &str = "accounts";
const POINTS_ACCOUNTS: &str = "points_accounts";

/// A purchase as it was kept under its id.
#[derive(Serialize, Deserialize)]
struct PurchaseById {
    sequence: u64,
    purchase: Purchase,
}

impl Record for PurchaseById {
    const WHAT: &'static str = "purchase";
}

impl Record for Account {
    const WHAT: &'static str = "account";
}

impl Record for PointsAccount {
    const WHAT: &'static str = "points account";
}

impl Record for PurchasePoints {
    const WHAT: &'static str = "points of a purchase";
}

/// Brings a store of format 1 or 2 to format 3: a purchase is one row with its decision and points, in the order of
/// time, and what is kept of a customer is one row.
pub(super) fn to_format_3(write: &WriteTransaction) -> Result<(), Failure> {
    purchases(write)?;
    customers(write)?;
    for name in [PURCHASES, PURCHASES_BY_TIME, DECISIONS, PURCHASE_POINTS, ACCOUNTS, POINTS_ACCOUNTS] {
        write.delete_table(definition(name))?;
    }
    Ok(())
}

fn purchases(write: &WriteTransaction) -> Result<(), Failure> {
    let Some(old) = open(write, PURCHASES)? else { return Ok(()) };
    let (decisions, points) = (open(write, DECISIONS)?, open(write, PURCHASE_POINTS)?);
    let mut rows = write.open_table(Table::Purchases.definition())?;
    let mut ids = write.open_table(Table::PurchaseIds.definition())?;
    let mut of_customers = write.open_table(Table::CustomerPurchases.definition())?;
    for row in old.iter()? {
        let (id, value) = row?;
        let PurchaseById { sequence, purchase } = decode(value.value())?;
        let place = Key::new().instant(purchase.at).number(sequence);
        ids.insert(id.value(), place.as_bytes())?;
        if let Some(customer) = &purchase.customer {
            of_customers.insert(Key::of(customer).bytes(place.as_bytes()).as_bytes(), &[][..])?;
        }
        let points = beside(points.as_ref(), id.value())?.map(|bytes| decode(&bytes)).transpose()?;
        let decision = beside(decisions.as_ref(), id.value())?;
        rows.insert(place.as_bytes(), encode(&PurchaseRow { purchase, points, decision })?.as_slice())?;
    }
    Ok(())
}

fn customers(write: &WriteTransaction) -> Result<(), Failure> {
    let mut rows = write.open_table(Table::Accounts.definition())?;
    let mut change = |customer: &str, change: &mut dyn FnMut(&mut CustomerRow)| -> Result<(), Failure> {
        let key = Key::of(customer);
        let known = rows.get(key.as_bytes())?.map(|row| decode(row.value())).transpose()?;
        let mut row: CustomerRow = known.unwrap_or_default();
        change(&mut row);
        rows.insert(key.as_bytes(), encode(&row.without_came_back())?.as_slice())?;
        Ok(())
    };
    if let Some(old) = open(write, ACCOUNTS)? {
        for row in old.iter()? {
            let (key, value) = row?;
            let mut parts = Parts(key.value());
            let (filter, customer) = parts.number().zip(parts.text()).ok_or_else(|| damaged_key("account"))?;
            let account: Account = decode(value.value())?;
            change(&customer, &mut |row| *row.account_mut(FilterHash(filter)) = account.clone())?;
        }
    }
    if let Some(old) = open(write, POINTS_ACCOUNTS)? {
        for row in old.iter()? {
            let (key, value) = row?;
            let customer = Parts(key.value()).text().ok_or_else(|| damaged_key("points account"))?;
            let points: PointsAccount = decode(value.value())?;
            change(&customer, &mut |row| row.points = points.clone())?;
        }
    }
    Ok(())
}

const fn definition(name: &str) -> TableDefinition<'_, &'static [u8], &'static [u8]> {
    TableDefinition::new(name)
}

/// An old table, if the store has it: not every one had all of them.
fn open<'t>(write: &'t WriteTransaction, name: &str) -> Result<Option<Rows<'t>>, Failure> {
    let there = write.list_tables()?.any(|table| redb::TableHandle::name(&table) == name);
    there.then(|| write.open_table(definition(name))).transpose().map_err(TableError::into)
}

fn beside(table: Option<&Rows<'_>>, key: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    let Some(table) = table else { return Ok(None) };
    Ok(table.get(key)?.map(|row| row.value().to_vec()))
}
