//! What can be typed.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

use crate::model::Role;

/// A loyalty-policy service: customers, purchases and policies in one binary.
#[derive(Debug, Parser)]
#[command(name = "treue", version, about, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Flags win over TREUE_* environment variables, those over treue.toml, that over defaults.\n\n\
    Example:\n  treue serve --demo")]
pub struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct Common {
    /// The store's file [default: treue.redb]
    #[arg(long, global = true, env = "TREUE_STORE", value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// The folder of policies [default: policies]
    #[arg(long, global = true, env = "TREUE_POLICIES", value_name = "DIR")]
    pub policies: Option<PathBuf>,
    /// The folder of scripts [default: scripts]
    #[arg(long, global = true, env = "TREUE_SCRIPTS", value_name = "DIR")]
    pub scripts: Option<PathBuf>,
    /// Memory for the store's cache, in MiB [default: 1024]
    #[arg(long, global = true, env = "TREUE_CACHE_MIB", value_name = "MIB")]
    pub cache_mib: Option<usize>,
    /// Where settings are read from [default: treue.toml, if it is there]
    #[arg(long, global = true, env = "TREUE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Answer over HTTP
    #[command(after_help = "Example:\n  treue serve --listen 127.0.0.1:0 --store shop.redb\n  \
        treue serve --listen 0.0.0.0:8443 --tls-cert shop.pem --tls-key shop.key")]
    Serve(ServeArgs),
    /// Check policies and scripts: every mistake by line and column
    #[command(after_help = "Example:\n  treue check --policies policies --deny-warnings")]
    Check(CheckArgs),
    /// Run the policies' tests and say what none of them reached
    #[command(after_help = "Example:\n  treue test tenth")]
    Test(TestArgs),
    /// Bring policy files into their usual form
    #[command(after_help = "Example:\n  treue fmt --check")]
    Fmt(FmtArgs),
    /// Print the JSON Schema of policy files, for editors
    #[command(after_help = "Example:\n  treue schema > policy.schema.json")]
    Schema(SchemaArgs),
    /// Print the OpenAPI document of the HTTP interface
    #[command(after_help = "Example:\n  treue openapi > openapi.json")]
    Openapi,
    /// Decide on a basket and say why; writes no purchase
    #[command(
        after_help = "Example:\n  echo '{\"customer\":\"c-1\",\"lines\":[{\"sku\":\"SH-1\",\"quantity\":1,\"unit_price\":\"99.90\"}]}' | treue quote -"
    )]
    Quote(QuoteArgs),
    /// Explain the decision of a purchase as it was made
    #[command(after_help = "Examples:\n  treue explain order-4711\n  treue explain order-4711 --under ./draft")]
    Explain(ExplainArgs),
    /// Print what the whole base says
    #[command(after_help = "Examples:\n  treue report abc --metric net --window '12 months'\n  \
        treue report abc --svg abc.svg\n  treue report clv --horizon '12 months' --hold-out '26 weeks'\n  treue report experiments --plan 5%\n  treue report next --kind at_risk --limit 1000 --csv\n  treue report budgets --as-of 2026-12-01 --json")]
    Report(Box<ReportArgs>),
    /// Find what is best, under stated assumptions
    #[command(after_help = "Examples:\n  treue optimize service service.yaml --json\n  \
        treue optimize policy search.yaml --point 1 | patch -p0")]
    Optimize {
        #[command(subcommand)]
        command: OptimizeCommand,
    },
    /// Replay the history under other policies: what they cost and whom they touch
    #[command(after_help = "Examples:\n  treue simulate scenario.yaml --html report.html\n  \
        echo 'candidate: ./draft' | treue simulate - --json")]
    Simulate(SimulateArgs),
    /// Read purchases, customers or interactions from a file into the store
    #[command(
        after_help = "Example:\n  treue import online_retail.csv.gz --timezone Europe/London --skip-invalid \\\n    \
        --map customer=CustomerID,purchase=InvoiceNo,at=InvoiceDate,sku=StockCode,quantity=Quantity,unit_price=UnitPrice"
    )]
    Import(ImportArgs),
    /// Write a table of the store as JSON Lines or CSV
    #[command(after_help = "Example:\n  treue export purchases --format csv --output purchases.csv.gz")]
    Export(ExportArgs),
    /// Fill an empty store with a made-up base
    #[command(after_help = "Example:\n  treue demo --customers 100000 --seed 7")]
    Demo(DemoArgs),
    /// Read the whole store and check that all of it fits together
    #[command(after_help = "Example:\n  treue verify --store shop.redb")]
    Verify(VerifyArgs),
    /// Copy the store into a new file, while no server has it open; a server gives a copy at `/v1/backup`
    #[command(after_help = "Example:\n  treue backup shop-2026-12-01.redb")]
    Backup(CopyArgs),
    /// Make the store anew from a backup that is verified first
    #[command(after_help = "Example:\n  treue restore shop-2026-12-01.redb --store shop.redb")]
    Restore(RestoreArgs),
    /// Make, list and revoke keys, while no server has the store open
    #[command(after_help = "Example:\n  treue keys make --role admin anna")]
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Print completions for a shell
    #[command(after_help = "Example:\n  treue completions bash > /etc/bash_completion.d/treue")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "TREUE_LISTEN", value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// Fill an empty store with a made-up base first
    #[arg(long)]
    pub demo: bool,
    /// A certificate in PEM, with those it rests on behind it: serves over TLS
    #[arg(long, env = "TREUE_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key in PEM
    #[arg(long, env = "TREUE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// How often each key may be used in a second [default: no limit]
    #[arg(long, env = "TREUE_RATE_LIMIT", value_name = "REQUESTS")]
    pub rate_limit: Option<NonZeroU32>,
    /// How the lines of the log are written, to standard error [default: text]
    #[arg(long, value_enum, env = "TREUE_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LogFormat {
    /// For people
    Text,
    /// A JSON object a line, for programs
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make a key and print it, this once; the first one must be for admins
    #[command(after_help = "Example:\n  treue keys make --role checkout till-1")]
    Make {
        /// What people call it; the audit trail names it so
        name: String,
        /// What it is for
        #[arg(long, value_enum)]
        role: KeyRole,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List keys without their secrets, revoked ones too
    #[command(after_help = "Example:\n  treue keys list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Refuse a key from now on
    #[command(after_help = "Example:\n  treue keys revoke 7k2m9x0c4vqd")]
    Revoke {
        /// The key's id, as in the list and in the key after its role
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum KeyRole {
    /// Quotes, purchases, returns, decisions, standing
    Checkout,
    /// Policies
    Marketing,
    /// Reads, reports, exports
    Analyst,
    /// Everything
    Admin,
}

impl From<KeyRole> for Role {
    fn from(role: KeyRole) -> Self {
        match role {
            KeyRole::Checkout => Self::Checkout,
            KeyRole::Marketing => Self::Marketing,
            KeyRole::Analyst => Self::Analyst,
            KeyRole::Admin => Self::Admin,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Treat warnings as a no
    #[arg(long)]
    pub deny_warnings: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Explain a kind of finding, such as `unknown-key`
    #[arg(long, value_name = "CODE")]
    pub explain: Option<String>,
    /// Say what the policies would have changed over the last twelve months, beside what is in force in the store
    #[arg(long)]
    pub impact: bool,
    /// With `--impact`: the answer is no where discounts and points would have cost more than this share more
    #[arg(long, value_name = "RATE", requires = "impact")]
    pub max_cost_increase: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// Run only tests whose sentence holds this text
    pub filter: Option<String>,
    /// Treat what no test reached as a no
    #[arg(long)]
    pub require_coverage: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct FmtArgs {
    /// Change nothing; say which files would change
    #[arg(long)]
    pub check: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// The schema of test files
    #[arg(long)]
    pub tests: bool,
    /// The schema of scenario files
    #[arg(long, conflicts_with = "tests")]
    pub scenario: bool,
}

#[derive(Debug, Args)]
pub(super) struct QuoteArgs {
    /// A file with the body of `POST /v1/quotes`; `-` for standard input
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The purchase's id
    pub purchase: String,
    /// Decide again from what was known then, under the decision's `own` policy, a revision, or a folder of policies, and
    /// name what differs
    #[arg(long, value_name = "POLICY")]
    pub under: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportName {
    /// Which customers hold how much of a total: ABC classes, Lorenz curve, Gini coefficient
    Abc,
    /// What serving each class costs, what it earns, and what it may cost at most
    Budgets,
    /// Customer value: how often customers are expected to come back, and what that is worth
    Clv,
    /// Customers by the period of their first purchase: retention, revenue, repeat rate
    Cohorts,
    /// Customers by how recently, how often and for how much they bought
    Rfm,
    /// Every segment of the policy, class by class
    Segments,
    /// What each discount cost, what was bought with it, and what it must bring to pay for itself
    Discounts,
    /// What control groups show, and how many customers an experiment needs
    Experiments,
    /// Customers about to change class, staying away longer than usual, or close to the next step
    Next,
    /// Points issued, redeemed, expired and owed
    Points,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The report
    pub name: ReportName,
    /// As of when: an instant, or a date in the policy's zone [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub as_of: Option<String>,
    /// Only what happened at most this long before, such as `12 months`
    #[arg(long, value_name = "DURATION")]
    pub window: Option<String>,
    /// Only what happened at or after this instant or date
    #[arg(long, value_name = "INSTANT", conflicts_with = "window")]
    pub from: Option<String>,
    /// A segment of the policy
    #[arg(long, value_name = "NAME")]
    pub segment: Option<String>,
    /// A metric of the policy, or gross, net, margin, profit
    #[arg(long, value_name = "NAME")]
    pub metric: Option<String>,
    /// Where ABC classes end: policy, or computed from the curve itself
    #[arg(long, value_name = "KIND")]
    pub limits: Option<String>,
    /// An earlier instant or date: to compare with, or when experiments began
    #[arg(long, value_name = "INSTANT")]
    pub since: Option<String>,
    /// Length of a period: day, week, month, quarter, year
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<String>,
    /// An uplift such as `5%`: how many customers an experiment needs to see it
    #[arg(long, value_name = "UPLIFT")]
    pub plan: Option<String>,
    /// Only class_up, class_lost, at_risk or step
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// What is within reach of a metric of money [default: an average basket]
    #[arg(long, value_name = "AMOUNT")]
    pub within: Option<String>,
    /// How far ahead classes are looked at [default: 30 days]
    #[arg(long, value_name = "DURATION")]
    pub ahead: Option<String>,
    /// The most rows
    #[arg(long, value_name = "ROWS")]
    pub limit: Option<String>,
    /// Where the part before ended
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
    /// Model of buying: bg_nbd, mbg_nbd, pareto_nbd, nbd
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// How far ahead, such as `12 months`
    #[arg(long, value_name = "DURATION")]
    pub horizon: Option<String>,
    /// How much less money is worth that comes a year later, such as `15%`
    #[arg(long, value_name = "RATE")]
    pub discount: Option<String>,
    /// Which share of what is spent is margin, such as `40%`
    #[arg(long, value_name = "RATE")]
    pub margin: Option<String>,
    /// Fit to what lies longer ago than this, and compare with what came since
    #[arg(long, value_name = "DURATION")]
    pub hold_out: Option<String>,
    #[command(flatten)]
    pub show: ShowArgs,
}

/// How a report is shown.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Print this table alone
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print a table as CSV: the one named with --table, or the first
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Draw a picture into a file: the one named with --chart, or the first
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "csv"])]
    pub svg: Option<PathBuf>,
    /// Which picture
    #[arg(long, value_name = "NAME", requires = "svg")]
    pub chart: Option<String>,
}

impl ReportArgs {
    /// What was given of what reports take, by their names.
    pub fn given(&self) -> impl Iterator<Item = (String, String)> {
        let given = [
            ("as_of", &self.as_of),
            ("window", &self.window),
            ("from", &self.from),
            ("segment", &self.segment),
            ("metric", &self.metric),
            ("limits", &self.limits),
            ("since", &self.since),
            ("period", &self.period),
            ("plan", &self.plan),
            ("kind", &self.kind),
            ("within", &self.within),
            ("ahead", &self.ahead),
            ("limit", &self.limit),
            ("cursor", &self.cursor),
            ("model", &self.model),
            ("horizon", &self.horizon),
            ("discount", &self.discount),
            ("margin", &self.margin),
            ("hold_out", &self.hold_out),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum OptimizeCommand {
    /// What is best spent on serving each class, so that customers stay and the base is worth most
    #[command(after_help = "Example:\n  treue optimize service service.yaml --svg spend.svg\n\n\
        A file that asks, where what is not stated is measured on the base:\n  \
        discount_rate: 10%\n  classes:\n    A: { keeps: 60%, ceiling: 80% }")]
    Service(OptimizeServiceArgs),
    /// The settings of the policies that give what is wanted: every try is a replay of the history
    #[command(after_help = "Examples:\n  treue optimize policy search.yaml\n  \
        treue optimize policy search.yaml --point 1 | patch -p0\n\n\
        A file that asks:\n  \
        move:\n    discounts.regulars.ladder.steps.10: { from: 2%, to: 10%, by: 1% }\n  \
        elasticity: 0.5 to 1.5\n  maximize: margin")]
    Policy(OptimizePolicyArgs),
}

#[derive(Debug, Args)]
pub(super) struct OptimizePolicyArgs {
    /// The file that asks; `-` for standard input
    pub file: PathBuf,
    /// Print only the diff of this point
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["json", "csv", "table", "svg"])]
    pub point: Option<usize>,
    /// Write the report as one HTML file with charts
    #[arg(long, value_name = "FILE", conflicts_with = "point")]
    pub html: Option<PathBuf>,
    #[command(flatten)]
    pub show: ShowArgs,
}

#[derive(Debug, Args)]
pub(super) struct OptimizeServiceArgs {
    /// The file that asks; `-` for standard input
    pub file: PathBuf,
    #[command(flatten)]
    pub show: ShowArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Jsonl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    /// Purchases and returns
    Purchases,
    /// Customer cards
    Customers,
    /// Contacts with customers
    Interactions,
}

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// The scenario, YAML or JSON; `-` for standard input. Folders in it are looked for beside it
    pub scenario: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print a table as CSV
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Which table
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// Write one HTML file with tables and charts
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file, gzip or not; `-` for standard input
    pub file: PathBuf,
    /// Which column is what: `field=Column,…`. Fields: customer, purchase, at, sku, quantity, unit_price, unit_cost,
    /// category, tags, discount, gross
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    pub map: Option<String>,
    /// What the file holds
    #[arg(long, value_enum, default_value = "purchases")]
    pub what: What,
    /// The file's format [default: by its name]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// The zone of times that state none [default: the policy's]
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// What separates columns
    #[arg(long, default_value = ",", value_name = "CHARACTER")]
    pub delimiter: char,
    /// Keep going past invalid rows and write them, with reasons, to a file
    #[arg(long)]
    pub skip_invalid: bool,
    /// Where rejected rows go [default: FILE.rejects.csv]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The table: customers, purchases, returns, unmatched_returns, interactions, points, audit
    pub table: String,
    /// The format
    #[arg(long, value_enum, default_value = "jsonl")]
    pub format: Format,
    /// Where to; a name that ends in .gz is compressed [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// How many customers
    #[arg(long, default_value_t = 10_000)]
    pub customers: u64,
    /// How many purchases each makes on average
    #[arg(long, default_value_t = 8.0)]
    pub mean_purchases: f64,
    /// The same seed makes the same base
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The backup's file
    pub file: PathBuf,
    /// Restore it without looking whether all of it fits together
    #[arg(long)]
    pub unverified: bool,
}

#[derive(Debug, Args)]
pub(super) struct CopyArgs {
    /// The backup's file
    pub file: PathBuf,
}
