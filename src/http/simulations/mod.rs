//! `/v1/simulations`: history replayed under other policies, in the background.
//!
//! Reading order: [`shown`] (how a job is shown), [`create`], [`list`], [`read`], [`events`], [`cancel`].

pub mod cancel;
pub mod create;
pub mod events;
pub mod list;
pub mod read;
pub mod shown;
