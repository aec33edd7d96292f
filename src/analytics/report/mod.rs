//! What every report looks like, whoever asks for it: a head, typed content, and from that flat tables and pictures.
//!
//! A report is one struct. Its fields are the JSON; [`Report`] says which tables and pictures follow from them.
//!
//! Reading order: [`value`] (shares and figures), [`head`] (what a report says about itself), [`sheet`] (flat tables),
//! [`shape`] (the trait).

mod head;
mod shape;
mod sheet;
mod value;

pub use head::{Head, maybe_shown, said, shown, spoken};
pub use shape::{Parameter, Report};
pub use sheet::{Cell, Sheet, customers};
pub use value::{Figure, Share};
