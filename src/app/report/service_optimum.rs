//! What is best spent on serving each class, over the base.

use thiserror::Error;

use super::asked::{Asked, ReportError};
use crate::analytics::report::Head;
use crate::analytics::{ServiceOptimum, ServiceOptimumError};
use crate::app::start::App;
use crate::diagnostic::{Diagnostic, Sources};
use crate::policy::service_question;

/// Why a question about service has no answer.
#[derive(Debug, Error)]
pub enum OptimumError {
    /// The file that asks is wrong.
    #[error("the question has mistakes")]
    Question {
        /// The file.
        sources: Sources,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// The base or its numbers do not allow an answer.
    #[error(transparent)]
    Refused(#[from] ServiceOptimumError),
    /// As of when it was asked cannot be meant, or the machine broke.
    #[error(transparent)]
    Report(#[from] ReportError),
}

impl App {
    /// What is best spent on serving each class: a file asks, and what it does not state is measured on the base.
    pub fn service_optimum(&self, file: String, text: String) -> Result<ServiceOptimum, OptimumError> {
        let mut asked = Asked::read::<ServiceOptimum>(self, [])?;
        let sources = Sources::new([(file, text)]);
        let bundle = &asked.active.bundle;
        let (question, diagnostics) = service_question(&sources, bundle);
        let Some(question) = question else { return Err(OptimumError::Question { sources, diagnostics }) };
        if let Some(at) = question.as_of {
            asked.at = at;
        }
        let measured = self.service_report(&asked.active, asked.at).map_err(ReportError::Failed)?;
        let budgets = asked.active.bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
        let id = asked.active.cut_offs.id;
        let head = Head {
            snapshot: (id > 0).then_some(id),
            from: budgets.map(|budgets| budgets.window.before(asked.at, asked.active.bundle.zone)),
            window: budgets.map(|budgets| budgets.window.to_string()),
            ..asked.head::<ServiceOptimum>()
        };
        Ok(ServiceOptimum::new(head, &asked.active.bundle, &question, &measured)?)
    }
}
