//! Use cases: the only place where clock, store and active bundle meet.
//!
//! Reading order: [`clock`], [`active`] (the bundle in force), [`start`] (opening everything), [`events`] and [`facts`]
//! (what is known of a customer), [`quote`] and [`token`], [`purchase`] and [`foresee`], [`again`] (a decision made again),
//! [`take_back`], [`spend`] (uses and budgets), [`points`], [`customer`], [`interaction`], [`service`] (service budgets), [`agenda`], [`policy`]
//! (revisions, activation, reload), [`watch`], [`scan`] and [`refresh`] (cut-offs and filters over the whole base),
//! [`decided`] (all purchases with their decisions), [`report`], [`simulation`], [`shadow`],
//! [`mod@import`], [`mod@export`], [`demo`], [`key`] and [`access`] (who may what), [`audit`] (who did what),
//! [`mod@verify`] with [`verify_spending`].

mod access;
mod active;
mod again;
mod agenda;
mod audit;
mod clock;
mod customer;
mod decided;
mod demo;
mod events;
mod export;
mod facts;
mod foresee;
mod import;
mod interaction;
mod key;
mod points;
mod policy;
mod purchase;
mod quote;
mod refresh;
mod report;
mod scan;
mod service;
mod shadow;
mod simulation;
mod spend;
mod start;
mod take_back;
mod token;
mod verify;
mod verify_spending;
mod watch;

pub use access::{Actor, Admitted, Denied, KeyError, KnownKey, MadeKey, Signature, make_key, revoke_key};
pub use active::Active;
pub use again::DecidedAgain;
pub use agenda::{Agenda, AgendaItem, AgendaPlace, days_after};
pub use clock::Clock;
pub use customer::{EraseError, Standing};
pub use demo::{DemoError, DemoOptions, DemoReport, fill_demo};
pub use export::{Export, ExportError, ExportFormat, ExportTable, export};
pub use import::{
    Import, ImportContext, ImportError, ImportReport, Mapping, MappingError, Progress, Rejected, RowCounts, RowFormat,
    What, import,
};
pub use interaction::{Interacted, Interacting, InteractionError};
pub use key::KeyTextError;
pub use points::PointsLedger;
pub use policy::{ActivateError, Activating, PolicyState, ReloadFailure, StoredRevision, read_folders};
pub use purchase::{DecisionRecord, PurchaseError, Purchased, Purchasing, Spent as Exhausted};
pub use quote::{QuoteError, Quoted, Tried};
pub use report::{Asked, OptimumError, ReportError};
pub use service::ServiceState;
pub use shadow::{Shadow, ShadowCounts, ShadowSample};
pub use simulation::{Candidates, Job, JobState, Prepared, SimulationError, SimulationReport, Simulations, TooMany};
pub use start::{App, Settings, StartError};
pub use take_back::{ReturnError, Returned, Returning, WantedLine};
pub use token::{Terms, TokenError};
pub use verify::verify;
pub use watch::Watch;
