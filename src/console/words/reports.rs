//! Words of the reports' desk.

use super::catalogue::words;

words!(Reports {
    abc: "ABC analysis" | "ABC-Analyse",
    budgets: "Service budgets" | "Servicebudgets",
    rfm: "Recency, frequency, money" | "Zeit, Häufigkeit, Geld",
    cohorts: "Cohorts" | "Jahrgänge",
    segments: "Segments" | "Segmente",
    discounts: "Discounts" | "Rabatte",
    points: "Points" | "Punkte",
    clv: "Customer value" | "Kundenwert",
    experiments: "Experiments" | "Versuche",
    next: "Worth a thought" | "Eine Überlegung wert",
    as_of: "As of" | "Stand",
    window: "How far back" | "Wie weit zurück",
    from: "From" | "Ab",
    segment: "Segment" | "Segment",
    metric: "Metric" | "Kennzahl",
    since: "Compared with" | "Verglichen mit",
    period: "Period" | "Zeitraum",
    limit: "Most rows" | "Höchstens Zeilen",
    class: "Class" | "Klasse",
    level: "Confidence" | "Sicherheit",
    make: "Make the report" | "Bericht erstellen",
    filters: "Filters" | "Filter",
    definitions: "What the words mean" | "Was die Wörter bedeuten",
    rows_shown: "The first {} of {} rows; the download has all of them."
        | "Die ersten {} von {} Zeilen; der Download hat alle.",
    rows_all: "All {} rows" | "Alle {} Zeilen",
    whole: "The whole report" | "Zum Bericht",
    picture: "Picture as a file" | "Bild als Datei",
    no_rows: "No rows." | "Keine Zeilen.",
});
