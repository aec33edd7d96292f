//! Compiling and calling.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage, BasicStringPackage,
    LanguageCorePackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{AST, CallFnOptions, Dynamic, Engine, EvalAltResult, ParseError, Position, Scope};
use rust_decimal::Decimal;

use super::bounds;
use super::values::{self, ScriptBasket, ScriptCustomer, ScriptInstant};
use crate::id::Name;
use crate::money::Rate;
use crate::time::Local;

const MAX_CALL_DEPTH: usize = 24;
const MAX_EXPRESSION_DEPTH: usize = 48;
const MAX_STRING: usize = 4_096;
const MAX_ARRAY: usize = 5_000;
const MAX_MAP: usize = 500;
const MAX_VARIABLES: usize = 100;
const MAX_FUNCTIONS: usize = 200;

/// The compiled scripts of a bundle, and the engine that runs them.
pub struct Scripts {
    engine: Engine,
    modules: Vec<Module>,
}

struct Module {
    /// Name as policies write it before the dot: `offers` for `scripts/offers.rhai`.
    name: Name,
    /// Path as diagnostics show it.
    path: Name,
    ast: AST,
    /// Line and column of each function, from 1.
    places: Vec<(Name, (u32, u32))>,
}

/// A function of a script file, with the number of arguments it was asked for with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    module: u16,
    name: Name,
}

/// A compiled expression, and where it stands.
#[derive(Clone)]
pub struct Expression {
    ast: Arc<AST>,
    text: Name,
    path: Name,
    line: u32,
    column: u32,
}

/// The author's mistake in a script, line and column from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// What is wrong.
    pub message: String,
    /// Line, or 0 where unknown.
    pub line: u32,
    /// Column, or 0 where unknown.
    pub column: u32,
}

/// A script that failed while it ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError {
    /// What went wrong.
    pub message: String,
    /// In which file.
    pub file: String,
    /// Line from 1, or 0 where unknown.
    pub line: u32,
    /// Column from 1, or 0 where unknown.
    pub column: u32,
}

/// What the script of a discount returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// `()`: no grant.
    Nothing,
    /// A share of the eligible value: `percent(5)` or `"5%"`.
    Rate(Rate),
    /// An amount in major units, not below zero.
    Amount(Decimal),
}

rhai::def_package! {
    /// What of rhai's own a script may use, as one module: a call of a function looks into every module there is.
    Standard(module) :
        LanguageCorePackage,
        ArithmeticPackage,
        LogicPackage,
        BasicMathPackage,
        BasicIteratorPackage,
        BasicStringPackage,
        MoreStringPackage,
        BasicArrayPackage,
        BasicMapPackage
    {
        module.build_index();
    }
}

/// What an `if` expression sees.
const SHOWN: [&str; 3] = ["customer", "basket", "at"];

impl Scripts {
    /// An engine with nothing compiled yet.
    pub fn new() -> Self {
        Self { engine: engine(), modules: Vec::new() }
    }

    /// Compiles one file. `name` is what policies write before the dot.
    pub fn add(&mut self, name: &str, path: &str, text: &str) -> Result<(), CompileError> {
        let mut ast = self.engine.compile(text).map_err(|error| compile_error(&error))?;
        ast.set_source(path);
        // Statements outside of functions never run: only functions are called.
        let ast = ast.clone_functions_only();
        let places = ast.iter_functions().filter_map(|f| Some((f.name.into(), place_of(text, f.name)?))).collect();
        self.modules.push(Module { name: name.into(), path: path.into(), ast, places });
        Ok(())
    }

    /// Compiles an expression that stands at this place of a policy.
    pub fn expression(&self, text: &str, path: &str, line: u32, column: u32) -> Result<Expression, CompileError> {
        let mut scope = Scope::new();
        for name in SHOWN {
            scope.push_dynamic(name, Dynamic::UNIT);
        }
        let ast = self.engine.compile_expression_with_scope(&scope, text).map_err(|error| compile_error(&error))?;
        Ok(Expression { ast: Arc::new(ast), text: text.into(), path: path.into(), line, column })
    }

    /// Names of the compiled files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|module| module.name.as_ref())
    }

    /// Functions of a file with their numbers of parameters; absent where there is no such file.
    pub fn functions(&self, module: &str) -> Option<Vec<(String, usize)>> {
        let module = self.modules.iter().find(|known| known.name.as_ref() == module)?;
        let public = module.ast.iter_functions().filter(|f| f.access == rhai::FnAccess::Public);
        Some(public.map(|f| (f.name.to_owned(), f.params.len())).collect())
    }

    /// The function `file.name` with so many parameters.
    pub fn function(&self, module: &str, name: &str, parameters: usize) -> Option<Function> {
        let at = self.modules.iter().position(|known| known.name.as_ref() == module)?;
        let found = self.functions(module)?.iter().any(|(known, count)| known == name && *count == parameters);
        found.then(|| Function { module: at as u16, name: name.into() })
    }

    /// Runs the script of a discount: `fn name(customer, basket)`.
    pub fn grant(
        &self,
        function: &Function,
        customer: ScriptCustomer,
        basket: ScriptBasket,
    ) -> Result<Verdict, ScriptError> {
        let value = self.call(function, (customer, basket))?;
        verdict(&value).map_err(|message| self.error_in(function, message))
    }

    /// Runs the script of a segment: `fn name(customer)`, which returns the name of a class.
    pub fn classify(&self, function: &Function, customer: ScriptCustomer) -> Result<String, ScriptError> {
        let value = self.call(function, (customer,))?;
        let found = value.type_name();
        value
            .into_string()
            .map_err(|_| self.error_in(function, format!("returned {}, wanted the name of a class", plain_type(found))))
    }

    /// Evaluates an `if` expression.
    pub fn holds(
        &self,
        expression: &Expression,
        customer: ScriptCustomer,
        basket: ScriptBasket,
        at: Local,
    ) -> Result<bool, ScriptError> {
        let error = |message: String, place: Position| {
            let line = place.line().unwrap_or(1) as u32;
            let column = place.position().unwrap_or(1) as u32;
            ScriptError {
                message,
                file: expression.path.to_string(),
                line: expression.line + line - 1,
                column: if line == 1 { expression.column + column - 1 } else { column },
            }
        };
        let [shown_customer, shown_basket, shown_at] = SHOWN;
        let mut scope = Scope::new();
        scope.push_constant(shown_customer, customer);
        scope.push_constant(shown_basket, basket);
        scope.push_constant(shown_at, ScriptInstant(at));
        bounds::begin();
        let run = AssertUnwindSafe(|| self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, &expression.ast));
        match catch_unwind(run) {
            Ok(Ok(value)) => value
                .as_bool()
                .map_err(|found| error(format!("gave {}, wanted true or false", plain_type(found)), Position::NONE)),
            Ok(Err(failed)) => {
                let (message, place) = innermost(&failed);
                Err(error(message, place))
            }
            Err(_) => Err(error("panicked".to_owned(), Position::NONE)),
        }
    }

    fn call(&self, function: &Function, arguments: impl rhai::FuncArgs) -> Result<Dynamic, ScriptError> {
        let module = &self.modules[function.module as usize];
        let mut scope = Scope::new();
        let options = CallFnOptions::new().eval_ast(false);
        bounds::begin();
        let run = AssertUnwindSafe(|| {
            self.engine.call_fn_with_options::<Dynamic>(options, &mut scope, &module.ast, &function.name, arguments)
        });
        match catch_unwind(run) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(failed)) => {
                let (message, place) = innermost(&failed);
                let here = self.place(function);
                Err(match (place.line(), place.position()) {
                    (Some(line), Some(column)) => {
                        ScriptError { message, line: line as u32, column: column as u32, ..here }
                    }
                    // An empty loop, say, has no place of its own.
                    _ => ScriptError { message, ..here },
                })
            }
            Err(_) => Err(self.error_in(function, "panicked".to_owned())),
        }
    }

    /// Where a function stands, as an error that says nothing yet.
    pub fn place(&self, function: &Function) -> ScriptError {
        let module = &self.modules[function.module as usize];
        let known = module.places.iter().find(|(name, _)| *name == function.name);
        let (line, column) = known.map_or((1, 1), |(_, place)| *place);
        ScriptError { message: String::new(), file: module.path.to_string(), line, column }
    }

    fn error_in(&self, function: &Function, message: String) -> ScriptError {
        ScriptError { message: format!("`{}` {message}", function.name), ..self.place(function) }
    }
}

impl Default for Scripts {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    Standard::new().register_into_engine(&mut engine);
    engine.disable_symbol("eval").disable_symbol("import").disable_symbol("export");
    // A function that carries itself twice over, and so on, grows without any of the sizes below noticing.
    engine.disable_symbol("curry");
    // Part of rhai's core functions, and would hold up a checkout.
    engine.register_fn("sleep", |_: i64| -> Result<(), Box<EvalAltResult>> {
        Err(Box::new(EvalAltResult::ErrorFunctionNotFound("sleep".to_owned(), Position::NONE)))
    });
    bounds::register(&mut engine);
    engine.set_max_call_levels(MAX_CALL_DEPTH);
    engine.set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_DEPTH);
    engine.set_max_string_size(MAX_STRING);
    engine.set_max_array_size(MAX_ARRAY);
    engine.set_max_map_size(MAX_MAP);
    engine.set_max_variables(MAX_VARIABLES);
    engine.set_max_functions(MAX_FUNCTIONS);
    engine.set_max_modules(0);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_strict_variables(true);
    values::register(&mut engine);
    engine
}

/// Where a function is defined, line and column from 1; what only looks like it, in a comment, is good enough too.
fn place_of(text: &str, name: &str) -> Option<(u32, u32)> {
    text.lines().zip(1..).find_map(|(line, number)| {
        let at = line.match_indices("fn ").find(|(at, _)| {
            let rest = line[at + 3..].trim_start().strip_prefix(name);
            rest.is_some_and(|rest| rest.trim_start().starts_with('('))
        });
        at.map(|(at, _)| (number, line[..at].chars().count() as u32 + 1))
    })
}

fn compile_error(error: &ParseError) -> CompileError {
    CompileError {
        message: lower_first(&error.err_type().to_string()),
        line: error.position().line().unwrap_or(0) as u32,
        column: error.position().position().unwrap_or(0) as u32,
    }
}

fn innermost(error: &EvalAltResult) -> (String, Position) {
    let inner = error.unwrap_inner();
    let mut plain = without_place(inner);
    if let EvalAltResult::ErrorRuntime(value, _) = inner
        && let Ok(text) = value.clone().into_string()
    {
        plain = text;
    }
    if matches!(inner, EvalAltResult::ErrorTerminated(..)) {
        plain = EvalAltResult::ErrorTooManyOperations(Position::NONE).to_string();
    }
    (lower_first(&plain), inner.position())
}

/// The message without the ` (line 1, position 2)` at its end.
fn without_place(error: &EvalAltResult) -> String {
    let text = error.to_string();
    match text.rfind(" (line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

fn verdict(value: &Dynamic) -> Result<Verdict, String> {
    let amount = |number: Decimal| {
        if number.is_sign_negative() && !number.is_zero() {
            Err(format!("returned {number}, wanted an amount not below zero"))
        } else {
            Ok(Verdict::Amount(number))
        }
    };
    if value.is_unit() {
        return Ok(Verdict::Nothing);
    }
    if let Ok(number) = value.as_decimal() {
        return amount(number);
    }
    if let Ok(number) = value.as_int() {
        return amount(Decimal::from(number));
    }
    if let Some(rate) = value.read_lock::<Rate>() {
        return Ok(Verdict::Rate(*rate));
    }
    if let Ok(text) = value.clone().into_immutable_string() {
        return Rate::parse(&text)
            .map(Verdict::Rate)
            .map_err(|_| format!("returned `{text}`, wanted a rate such as `5%`, an amount or `()`"));
    }
    Err(format!("returned {}, wanted a rate, an amount or `()`", plain_type(value.type_name())))
}

/// A type as the author of a script knows it, without Rust paths.
fn plain_type(name: &str) -> String {
    let short = name.rsplit("::").next().unwrap_or(name);
    match short {
        "()" => "`()`".to_owned(),
        "i64" => "a whole number".to_owned(),
        "decimal" | "Decimal" => "a decimal".to_owned(),
        "string" | "String" | "ImmutableString" => "text".to_owned(),
        "bool" => "true or false".to_owned(),
        other => format!("a value of type `{other}`"),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        // An abbreviation keeps its capitals.
        Some(first) if !letters.clone().next().is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Basket, Customer, Facts};
    use crate::money::Currency;
    use crate::script::Vocabulary;
    use crate::time::{Instant, Zone};

    #[test]
    fn a_panic_of_a_native_function_is_contained() {
        let mut scripts = Scripts::new();
        scripts.engine.register_fn("boom", || -> i64 { panic!("boom") });
        scripts
            .add("s", "scripts/s.rhai", "// fn f is below\n\n  fn f(customer, basket) { boom() }")
            .expect("compiles");
        let function = scripts.function("s", "f", 2).expect("there");
        let at = Instant(0);
        let facts = Facts {
            at,
            local: Zone::UTC.local(at),
            customer: Some(Customer::default()),
            metrics: Vec::new(),
            classes: Vec::new(),
            failures: Vec::new(),
            snapshot: 0,
            allowances: Vec::new(),
            points: 0,
        };
        let customer = ScriptCustomer::new(Arc::new(facts), Arc::new(Vocabulary::default()));
        let euro = Currency::from_code("EUR").expect("a currency");
        let basket = ScriptBasket::new(Arc::new(Basket::default()), Vec::new(), euro);
        let error = scripts.grant(&function, customer.clone(), basket.clone()).expect_err("it panics");
        assert_eq!((error.message.as_str(), error.line, error.column), ("`f` panicked", 3, 3));
        let expression = scripts.expression("boom() > 0", "policies/a.yaml", 4, 9).expect("compiles");
        let error = scripts.holds(&expression, customer, basket, Zone::UTC.local(at)).expect_err("it panics");
        assert_eq!((error.message.as_str(), error.line, error.column), ("panicked", 4, 9));
    }
}
