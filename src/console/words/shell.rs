//! Words of the frame, the door, the overview, and of what goes wrong.

use super::catalogue::words;

words!(Common {
    skip: "Skip to content" | "Zum Inhalt springen",
    search: "Search" | "Suchen",
    save: "Save" | "Speichern",
    more: "Next page" | "Nächste Seite",
    first: "First page" | "Erste Seite",
    yes: "yes" | "ja",
    no: "no" | "nein",
    total: "Total" | "Gesamt",
    name: "Name" | "Name",
    class: "Class" | "Klasse",
    customers: "Customers" | "Kunden",
    revision: "Revision" | "Revision",
    by: "by" | "von",
    since: "since" | "seit",
    without_class: "without a class" | "ohne Klasse",
    table: "Table, can be scrolled sideways" | "Tabelle, seitlich verschiebbar",
    as_of: "As of" | "Stand",
    download: "Download CSV" | "Als CSV laden",
});

words!(Nav {
    main: "Main" | "Haupt",
    overview: "Overview" | "Überblick",
    policies: "Policies" | "Regeln",
    customers: "Customers" | "Kunden",
    trial: "Try and explain" | "Probieren",
    simulations: "Simulations" | "Simulationen",
    reports: "Reports" | "Berichte",
    settings: "Display and session" | "Anzeige und Sitzung",
    german: "Deutsch" | "Deutsch",
    english: "English" | "English",
    theme: "Switch light and dark" | "Hell und dunkel umschalten",
    theme_auto: "As the system" | "Wie das System",
    theme_light: "Light" | "Hell",
    theme_dark: "Dark" | "Dunkel",
    leave: "Sign out" | "Abmelden",
    signed_in: "Signed in as" | "Angemeldet als",
});

words!(Door {
    title: "Sign in" | "Anmelden",
    lead: "This console works with your key. It offers what the key allows."
        | "Die Konsole arbeitet mit Ihrem Schlüssel. Sie bietet an, was der Schlüssel erlaubt.",
    key: "Key" | "Schlüssel",
    hint: "Begins with treue_. The browser keeps it for twelve hours where no script can read it."
        | "Beginnt mit treue_. Der Browser behält ihn zwölf Stunden lang dort, wo kein Skript ihn lesen kann.",
    enter: "Sign in" | "Anmelden",
    refused: "This key does not open anything:" | "Dieser Schlüssel öffnet nichts:",
});

words!(TroubleWords {
    not_found: "Not found" | "Nicht gefunden",
    forbidden: "Not allowed" | "Nicht erlaubt",
    refused: "That did not work" | "Das ging nicht",
    broke: "Something broke" | "Etwas ist kaputt",
    needs_key: "A key is needed" | "Ein Schlüssel ist nötig",
    logged: "The server's log says what happened." | "Was geschehen ist, steht im Protokoll des Servers.",
    foreign_form: "The form was sent from another site, so nothing was done."
        | "Das Formular kam von einer fremden Seite; es ist nichts geschehen.",
    home: "To the overview" | "Zum Überblick",
});

words!(Overview {
    title: "What the base brings and costs" | "Was der Kundenstamm bringt und kostet",
    window: "over {}" | "über {}",
    whole_history: "over the whole history" | "über die ganze Geschichte",
    net: "Net sales" | "Nettoumsatz",
    margin: "Margin" | "Rohertrag",
    service_cost: "Service cost" | "Servicekosten",
    profit: "Profit" | "Ergebnis",
    satisfaction: "Satisfaction" | "Zufriedenheit",
    in_force: "Policy in force" | "Geltende Regeln",
    classes: "Who brings the profit, who takes the service" | "Wer das Ergebnis bringt, wer den Service braucht",
    classes_lead: "Each class of the segment {}, by what a unit of service cost earned."
        | "Jede Klasse des Segments {}, nach dem, was eine Einheit Servicekosten eingebracht hat.",
    share_profit: "Share of profit" | "Anteil am Ergebnis",
    share_service: "Share of service cost" | "Anteil an den Servicekosten",
    per_cost: "Profit per cost" | "Ergebnis je Kosten",
    says: "In words" | "In Worten",
    alerts: "Needs attention" | "Braucht Aufmerksamkeit",
    all_well: "Nothing needs attention." | "Nichts braucht Aufmerksamkeit.",
    at_a_loss: "Class {} is served at a loss: {} over the window."
        | "Klasse {} wird mit Verlust bedient: {} im Zeitraum.",
    unhappy: "Class {}: satisfaction {} is below the floor of {}."
        | "Klasse {}: Die Zufriedenheit {} liegt unter der Grenze von {}.",
    overspent: "Class {}: {} customers are beyond their service budgets."
        | "Klasse {}: {} Kunden liegen über ihren Servicebudgets.",
    refused_file: "The policy files of the folder were refused at {}; what was in force stays."
        | "Die Regeldateien des Ordners wurden am {} abgelehnt; was galt, gilt weiter.",
    refused_see: "See what is wrong" | "Ansehen, was falsch ist",
    budget_low: "The budget of {} is nearly spent: {} are left."
        | "Das Budget von {} ist fast verbraucht: {} sind übrig.",
    scripts_failed: "A script of the policy failed since the server was started; the explanation of the decision says where."
        | "Ein Skript der Regeln ist seit dem Start des Servers gescheitert; die Erklärung der Entscheidung sagt, wo.",
    burning: "Budgets and uses" | "Budgets und Nutzungen",
    burning_left: "{} of {} left" | "{} von {} übrig",
    burning_until: "until {}" | "bis {}",
    uses_left: "{} of {} uses left" | "{} von {} Nutzungen übrig",
    planned: "Revision {} comes into force on {}." | "Revision {} tritt am {} in Kraft.",
    empty_title: "There are no purchases yet" | "Noch gibt es keine Einkäufe",
    empty: "Import your history with treue import, let the checkout commit purchases, or start with --demo to look around a made-up base."
        | "Spielen Sie Ihre Geschichte mit treue import ein, lassen Sie die Kasse Einkäufe melden, oder starten Sie mit --demo, um sich in einem erfundenen Kundenstamm umzusehen.",
    no_segment: "The policy has no service budgets, so the base is shown as a whole. Budgets per class are written under service."
        | "Die Regeln haben keine Servicebudgets, darum steht hier der ganze Stamm. Budgets je Klasse stehen unter service.",
});
