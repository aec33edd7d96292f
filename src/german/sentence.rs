//! A sentence with gaps is found by what stands around them.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A sentence with gaps, in both languages.
struct Sentence {
    /// What stands around the gaps.
    around: Vec<&'static str>,
    /// Which of the gaps are for numbers.
    counts: Vec<bool>,
    german: &'static str,
    /// How much of it is no gap: of several sentences that fit, the one that says most is meant.
    says: usize,
}

struct Known {
    whole: HashMap<&'static str, &'static str>,
    gapped: Vec<Sentence>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known { whole: HashMap::new(), gapped: Vec::new() };
    for (english, german) in pairs() {
        let (mut around, mut counts, mut rest) = (Vec::new(), Vec::new(), english);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((gap, after)) = after.split_once('}') else { break };
            around.push(before);
            counts.push(gap == "#");
            rest = after;
        }
        around.push(rest);
        if counts.is_empty() {
            known.whole.insert(english, german);
        } else {
            let says = around.iter().map(|part| part.len()).sum();
            known.gapped.push(Sentence { around, counts, german, says });
        }
    }
    known.gapped.sort_by_key(|sentence| std::cmp::Reverse(sentence.says));
    known
});

/// The lines of the files, two by two.
fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("reports.txt").lines().chain(include_str!("findings.txt").lines());
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    std::iter::from_fn(move || Some((lines.next()?, lines.next()?.strip_prefix("= ").unwrap_or_default())))
}

/// A text in German: a sentence, a title, a heading. Absent where nobody translated it.
pub fn german(text: &str) -> Option<String> {
    KNOWN.whole.get(text).map(|german| (*german).to_owned()).or_else(|| sentence(text))
}

fn sentence(text: &str) -> Option<String> {
    if !text.contains(' ') {
        return None;
    }
    if let Some(whole) = KNOWN.whole.get(text) {
        return Some((*whole).to_owned());
    }
    let fits = KNOWN.gapped.iter().find_map(|sentence| Some((sentence, gaps(sentence, text)?)));
    if let Some((sentence, gaps)) = fits {
        return Some(filled(sentence.german, &gaps));
    }
    // Several sentences, or one about something that is named before it.
    for between in ["; ", ": ", ", "] {
        let Some((first, rest)) = text.split_once(between) else { continue };
        let (one, other) = (sentence(first), sentence(rest));
        if one.is_some() || other.is_some() {
            return Some(format!(
                "{}{between}{}",
                one.unwrap_or_else(|| gap(first)),
                other.unwrap_or_else(|| gap(rest))
            ));
        }
    }
    None
}

/// What stands in the gaps of a sentence, where it is this one.
fn gaps<'t>(sentence: &Sentence, text: &'t str) -> Option<Vec<&'t str>> {
    let (first, rest) = sentence.around.split_first()?;
    let mut left = text.strip_prefix(first)?;
    let mut found = Vec::with_capacity(rest.len());
    for (at, part) in rest.iter().enumerate() {
        let end = if at + 1 == rest.len() { left.strip_suffix(part)?.len() } else { left.find(part)? };
        let gap = left.get(..end).filter(|gap| !gap.is_empty())?;
        if sentence.counts[at] && number(gap).is_none() {
            return None;
        }
        found.push(gap);
        left = left.get(end + part.len()..)?;
    }
    Some(found)
}

/// The German sentence with its gaps, written `{}` in the order of the English one or `{1}` by their number.
fn filled(german: &str, gaps: &[&str]) -> String {
    let mut out = String::with_capacity(german.len() + 32);
    let (mut rest, mut next) = (german, 0);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((number, after)) = after.split_once('}') else { break };
        out.push_str(before);
        let at = number.parse::<usize>().map_or(next, |number| number.saturating_sub(1));
        next += 1;
        out.push_str(&gaps.get(at).map(|found| gap(found)).unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

/// What stands in a gap: a number as it is written in German, a sentence, or a name.
fn gap(text: &str) -> String {
    let known = number(text)
        .or_else(|| PERIODS.iter().find(|(english, _)| *english == text).map(|(_, german)| (*german).to_owned()));
    known.or_else(|| sentence(text)).unwrap_or_else(|| text.to_owned())
}

/// The only single words that are translated within sentences: any other may be a name.
const PERIODS: [(&str, &str); 5] =
    [("day", "Tag"), ("week", "Woche"), ("month", "Monat"), ("quarter", "Quartal"), ("year", "Jahr")];

/// A number with what it counts, such as `1234.50 EUR` or `12.5 %`.
fn number(text: &str) -> Option<String> {
    let (number, unit) = text.split_once([' ', '%']).map_or((text, ""), |(number, _)| (number, &text[number.len()..]));
    let unit_is = |unit: &str| {
        unit.is_empty() || unit == "%" || unit == " %" || (unit.len() == 4 && !unit.contains(char::is_lowercase))
    };
    let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
    let sign = &number[..number.len() - digits.len()];
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(places) || !unit_is(unit) {
        return None;
    }
    let mut out = sign.replace('-', "−");
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len() > 4 && (whole.len() - at).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    if !places.is_empty() {
        out.push(',');
        out.push_str(places);
    }
    out.push_str(unit);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(english: &str, expect: &str) {
        assert_eq!(german(english).as_deref(), Some(expect));
    }

    #[test]
    fn sentences_are_found_by_what_stands_around_their_gaps() {
        check(
            "A: 1863 customers (18.65 %) hold 80.00 % of profit_12m",
            "A: 1863 Kunden (18,65 %) halten 80,00 % von profit_12m",
        );
        check(
            "regulars cost 1234567.50 on 12 purchases by 1 customer: it leaves no margin, so no growth in sales pays for it",
            "regulars kostete 1.234.567,50 bei 12 Einkäufen von 1 Kunden: Es bleibt kein Rohertrag, also trägt es sich bei \
             keinem Zuwachs",
        );
        check(
            "the budget of 3000.00 is not used up: more service would not pay",
            "Das Budget von 3000,00 wird nicht ausgeschöpft: Mehr Service würde sich nicht lohnen",
        );
    }

    #[test]
    fn what_nobody_translated_stays() {
        check(
            "What they hold, by class and how evenly demand comes",
            "Was sie halten, nach Klasse und Gleichmaß der Nachfrage",
        );
        check("Who came and stayed away, month by month", "Wer kam und wegblieb, Monat für Monat");
        for name in ["net per person", "c-1", "Ada Lovelace", "a: b, c; d", ""] {
            assert_eq!(german(name), None, "{name}");
        }
    }

    #[test]
    fn every_sentence_has_its_german_with_the_same_gaps() {
        let mut seen = std::collections::BTreeSet::new();
        for (english, german) in pairs() {
            assert!(!german.is_empty(), "no German below: {english}");
            assert!(seen.insert(english), "twice: {english}");
            let count = |text: &str| text.matches('{').count();
            assert_eq!(count(english), count(german), "{english}");
        }
        assert!(seen.len() > 300, "{}", seen.len());
    }
}
