//! What the program says in English, in German: reports, pictures, notes, findings about policies.
//!
//! Sentences are made in English where their figures are known. A translation does not belong between the figures, so it is found
//! by the English sentence, as gettext does: `reports.txt` and `findings.txt` hold each sentence with its gaps, and below it
//! the German one. What is in neither stays English. Explanations of decisions have their own German, beside the engine.
//!
//! Reading order: [`sentence`] (how a sentence is found).

mod sentence;

pub use sentence::german;
