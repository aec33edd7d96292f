//! Three desks in a browser: pages that ask the HTTP interface with the visitor's own key and show what it answers.
//! Nothing is decided here, and nothing can be done here that the interface does not offer.
//!
//! Reading order: [`mod@router`] (which page is where), `around` (who visits, what every answer carries), `visitor`
//! (language, theme, key), `ask` (asking the interface), `trouble` (when it says no), `page` (what all pages share),
//! `show` (money, numbers and times as people write them), `words` (every word in both languages), `door` (signing in and
//! settings), `assets` and `relay` (what scripts ask for), then a folder or file per desk: `overview`, `customers`,
//! `trial`, `policies`, `reports`.

mod around;
mod ask;
mod assets;
mod customers;
mod door;
mod overview;
mod page;
mod policies;
mod relay;
mod reports;
mod router;
mod show;
mod trial;
mod trouble;
mod visitor;
mod words;

pub use router::router;
