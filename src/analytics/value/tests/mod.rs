//! The models on real purchase histories: the published figures of CDNOW, and a base whose dropout is not identified.

mod cdnow;
mod online_retail;
