//! Words of the simulations' desk.

use super::catalogue::words;

words!(Simulations {
    title: "Simulations" | "Simulationen",
    lead: "Your own purchase history, replayed under other policies. Nothing is written; customers buy what they bought."
        | "Ihre eigene Kaufgeschichte, noch einmal durchgespielt unter anderen Regeln. Geschrieben wird nichts; die Kunden kaufen, was sie kauften.",
    begin: "Start a simulation" | "Eine Simulation starten",
    window: "Which time" | "Welche Zeit",
    window_hint: "Such as 12 months." | "Etwa 12 months.",
    baseline: "Compared with" | "Verglichen mit",
    candidates: "What if" | "Was wäre, wenn",
    active: "the policy in force" | "die geltenden Regeln",
    recorded: "what was really granted" | "was wirklich gewährt wurde",
    nothing: "no discounts at all" | "gar keine Rabatte",
    sample: "Share of customers" | "Anteil der Kunden",
    sample_hint: "Such as 10%; empty: all." | "Etwa 10%; leer: alle.",
    file: "Scenario file" | "Szenariodatei",
    file_hint: "If something stands here, it counts instead of the fields."
        | "Steht hier etwas, gilt es anstelle der Felder.",
    start: "Start" | "Starten",
    runs: "Runs" | "Läufe",
    runs_none: "Nothing has run yet." | "Noch ist nichts gelaufen.",
    run: "Simulation {}" | "Simulation {}",
    state: "State" | "Stand",
    running: "running" | "läuft",
    done: "done" | "fertig",
    failed: "failed" | "gescheitert",
    progress: "Progress" | "Fortschritt",
    left: "about {} seconds left" | "noch etwa {} Sekunden",
    cancel: "Cancel" | "Abbrechen",
    forget: "Forget" | "Vergessen",
    compare: "Compare" | "Vergleichen",
    compare_hint: "Tick two to four runs that are done." | "Zwei bis vier fertige Läufe ankreuzen.",
    compare_none: "Tick runs on the page before." | "Kreuzen Sie auf der Seite davor Läufe an.",
    page_file: "Everything as one HTML file" | "Alles als eine HTML-Datei",
    reload: "The page shows the result as soon as it is there." | "Die Seite zeigt das Ergebnis, sobald es da ist.",
    optimum: "What to spend on service" | "Was für Service ausgeben",
    optimum_lead: "What is best spent on serving each class, so that customers stay and the base is worth most. What the question does not state is measured on the base."
        | "Was je Klasse am besten für Service ausgegeben wird, damit Kunden bleiben und der Stamm am meisten wert ist. Was die Frage nicht sagt, wird am Stamm gemessen.",
    question: "Question" | "Frage",
    ask: "Compute" | "Berechnen",
    impact: "What draft {} would have changed" | "Was Entwurf {} geändert hätte",
    impact_lead: "The last twelve months replayed under this draft, beside what is in force."
        | "Die letzten zwölf Monate noch einmal durchgespielt, unter diesem Entwurf und neben dem, was gilt.",
    impact_start: "Replay the last 12 months" | "Die letzten 12 Monate durchspielen",
});
