//! Returns: goods that come back, and what they were sold for.

use std::sync::Arc;

use thiserror::Error;

use super::points::shares_of;
use super::purchase::DecisionRecord;
use super::spend::{given_back, post};
use super::start::App;
use crate::ledger::{Asked, PointsShare, TakeBackRefusal, take_back};
use crate::model::{Purchase, Return};
use crate::money::Quantity;
use crate::store::{Answered, Failure, PutError, Read, SpendError, WriteError, decode};
use crate::time::Instant;

/// A line that is wanted back: by its index, or by its article where that is in one line only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedLine {
    /// Index from 0.
    pub line: Option<usize>,
    /// Article number.
    pub sku: Option<String>,
    /// How many; absent for all that are left.
    pub quantity: Option<Quantity>,
}

/// A return to commit.
#[derive(Debug, Clone)]
pub struct Returning {
    /// The purchase.
    pub purchase: String,
    /// The shop's own id of the return, or its idempotency key.
    pub id: Option<String>,
    /// Tells the same request from another one with the same id.
    pub request: [u8; 32],
    /// When; now where it is absent.
    pub at: Option<Instant>,
    /// What; absent for everything that is left.
    pub lines: Option<Vec<WantedLine>>,
}

/// A committed return.
#[derive(Debug, Clone)]
pub struct Returned {
    /// The purchase after it.
    pub purchase: Purchase,
    /// The return.
    pub goods: Return,
    /// What it holds of the purchase's points.
    pub points: PointsShare,
    /// Whether this very request was committed before.
    pub again: bool,
}

/// Why nothing was taken back.
#[derive(Debug, Error)]
pub enum ReturnError {
    /// There is no such purchase.
    #[error("there is no purchase `{0}`")]
    NoPurchase(String),
    /// Another return has this id.
    #[error("return `{0}` exists with other content")]
    Exists(String),
    /// A line cannot be told from what was asked.
    #[error("{detail}")]
    Line {
        /// Index of the wish.
        wish: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// The goods cannot come back.
    #[error(transparent)]
    Refused(#[from] TakeBackRefusal),
    /// It lies before the purchase, or ahead.
    #[error("a return lies between its purchase, {bought}, and now, {now}")]
    Time {
        /// When it was bought.
        bought: Instant,
        /// What the time is.
        now: Instant,
    },
    /// A budget would not fit.
    #[error("{0}")]
    OutOfRange(String),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<PutError> for ReturnError {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Exists(id) => Self::Exists(id),
            PutError::NoPurchase(id) => Self::NoPurchase(id),
            PutError::Failed(failure) => Self::Failed(failure),
            other => Self::OutOfRange(other.to_string()),
        }
    }
}

impl From<SpendError> for ReturnError {
    fn from(error: SpendError) -> Self {
        match error {
            SpendError::Failed(failure) => Self::Failed(failure),
            other => Self::OutOfRange(other.to_string()),
        }
    }
}

impl App {
    /// Takes goods back and answers when that is durable. The same request again gives the first answer again.
    pub async fn take_back(&self, wanted: Returning) -> Result<Returned, ReturnError> {
        let wanted = Arc::new(wanted);
        let fallback = self.fresh_id("r");
        // A purchase whose commit is under way is not seen before the write; by the second look it is there.
        let mut again = false;
        loop {
            if let Some(done) = self.try_take_back(&wanted, &fallback, again).await? {
                return Ok(done);
            }
            again = true;
        }
    }

    /// Absent where the purchase was committed after the first look at its decision. A decision that is not there when
    /// looked for `again` is a flaw of the store, and keeps no goods from coming back.
    async fn try_take_back(
        &self,
        wanted: &Arc<Returning>,
        fallback: &str,
        again: bool,
    ) -> Result<Option<Returned>, ReturnError> {
        let rows = self.store.snapshot();
        let record: Option<DecisionRecord> =
            rows.decision(&wanted.purchase)?.map(|bytes| decode(&bytes)).transpose()?;
        let seen = record.is_some() || again;
        let decided = match record {
            Some(record) => self.bundle_of(record.decision.revision)?.map(|bundle| (bundle, record.decision)),
            None => None,
        };
        drop(rows);
        let clock = self.clock.clone();
        let (wanted, fallback) = (Arc::clone(wanted), fallback.to_owned());
        let committed = self.store.write(move |batch| {
            let Some(mut purchase) = batch.purchase(&wanted.purchase)? else {
                return Err(ReturnError::NoPurchase(wanted.purchase.clone()));
            };
            if purchase.revision.is_some() && !seen {
                return Ok(None);
            }
            let id = wanted.id.as_ref().unwrap_or(&fallback);
            let key = format!("return:{}:{id}", purchase.id);
            if let Some(at) = purchase.returns.iter().position(|goods| goods.id == *id) {
                let same = batch.answered(&key)?.is_some_and(|answered| answered.request == wanted.request);
                let points = shares_of(batch, &purchase)?.swap_remove(at);
                return if same {
                    let goods = purchase.returns[at].clone();
                    Ok(Some(Returned { purchase, goods, points, again: true }))
                } else {
                    Err(ReturnError::Exists(id.clone()))
                };
            }
            let now = clock.now();
            // A return is never seen before its purchase, even where the clock was set back in between.
            let at = wanted.at.unwrap_or_else(|| now.max(purchase.at));
            if at < purchase.at || (wanted.at.is_some() && at > now) {
                return Err(ReturnError::Time { bought: purchase.at, now });
            }
            let asked = wanted.lines.as_deref().map(|lines| find_lines(&purchase, lines)).transpose()?;
            let lines = take_back(&purchase, asked.as_deref())?;
            let goods = Return { id: id.clone(), at, lines };
            purchase = batch.add_return(&wanted.purchase, goods.clone())?;
            if let Some((bundle, decision)) = &decided {
                post(batch, &given_back(bundle, &purchase, decision))?;
            }
            batch.put_answered(&key, &Answered { request: wanted.request, status: 201, body: Vec::new(), at: now })?;
            let points = shares_of(batch, &purchase)?.pop().unwrap_or_default();
            Ok(Some(Returned { purchase, goods, points, again: false }))
        });
        committed.await.map_err(|error| match error {
            WriteError::Refused(error) => error,
            WriteError::Failed(failure) => failure.into(),
        })
    }
}

fn find_lines(purchase: &Purchase, wanted: &[WantedLine]) -> Result<Vec<Asked>, ReturnError> {
    let mut asked = Vec::with_capacity(wanted.len());
    for (wish, line) in wanted.iter().enumerate() {
        let refuse = |detail: String| ReturnError::Line { wish, detail };
        let sku_at = |at: usize| purchase.lines.get(at).map(|line| line.sku.as_ref());
        let at = match (line.line, &line.sku) {
            (Some(at), Some(sku)) if sku_at(at).is_some_and(|known| known != sku) => {
                return Err(refuse(format!("line {at} is not `{sku}`")));
            }
            (Some(at), _) => at,
            (None, Some(sku)) => {
                let mut found = (0..purchase.lines.len()).filter(|at| sku_at(*at) == Some(sku));
                match (found.next(), found.next()) {
                    (Some(at), None) => at,
                    (Some(_), Some(_)) => {
                        return Err(refuse(format!("`{sku}` is in several lines: say which by `line`")));
                    }
                    (None, _) => return Err(refuse(format!("the purchase has no line with `{sku}`"))),
                }
            }
            (None, None) => return Err(refuse("say which line by `line` or `sku`".to_owned())),
        };
        if asked.iter().any(|known: &Asked| known.line == at) {
            return Err(refuse(format!("line {at} is asked for twice")));
        }
        asked.push(Asked { line: at, quantity: line.quantity });
    }
    Ok(asked)
}
