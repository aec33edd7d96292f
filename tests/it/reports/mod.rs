//! Reports over whole bases: over HTTP and on the command line, and how they agree with each other and with decisions.
//!
//! Reading order: [`base`] (what they are asked of), [`agree`] (totals and classes), [`known`] (CDNOW and Online Retail),
//! [`edge`] (formats, parameters, problems), [`terminal`].

mod agree;
mod base;
mod edge;
mod known;
mod terminal;
