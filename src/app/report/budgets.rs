//! What serving each class costs and earns, over the base.

use super::asked::{Asked, ReportError};
use crate::analytics::BudgetReport;
use crate::analytics::report::Head;
use crate::app::start::App;

impl App {
    /// What serving each class costs, what it earns, and what it may cost at most.
    pub fn budget_report(&self, asked: Asked) -> Result<BudgetReport, ReportError> {
        let report = self.service_report(&asked.active, asked.at)?;
        let id = asked.active.cut_offs.id;
        let head = Head { snapshot: (id > 0).then_some(id), ..asked.head::<BudgetReport>() };
        Ok(BudgetReport::new(head, &asked.active.bundle, &report))
    }
}
