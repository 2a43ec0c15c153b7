//! Structured field values (RFC 9651), as far as rate limits need them: Lists and Dictionaries of Items.
//!
//! Strict: a value that breaks a rule is no value at all. Inner Lists are not read; what no rate limit uses
//! (Decimals, Booleans, Dates, Display Strings) is checked and passed over. One pass, nothing recursive.

use alloc::string::String;
use alloc::vec::Vec;

use super::cursor::Cursor;

/// How many members of one value are read; what follows is left unread.
pub(super) const MAX_MEMBERS: usize = 64;
/// How many parameters of one Item are kept.
const MAX_PARAMETERS: usize = 16;

/// A bare item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bare<'a> {
    Integer(i64),
    /// As it is written between its quotes, escapes included.
    String(&'a str),
    Token(&'a str),
    /// As it is written between its colons.
    Bytes(&'a str),
    /// A value of another type.
    Other,
}

/// A bare item and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) value: Bare<'a>,
    parameters: Vec<(&'a str, Bare<'a>)>,
}

/// The Items of a List; none where the text is not one.
pub(super) fn list(text: &str) -> Option<Vec<Item<'_>>> {
    members(text, Cursor::item)
}

/// The keys and Items of a Dictionary; none where the text is not one.
pub(super) fn dictionary(text: &str) -> Option<Vec<(&str, Item<'_>)>> {
    members(text, Cursor::entry)
}

impl<'a> Item<'a> {
    /// The parameter of that name; the last one where it is repeated.
    pub(super) fn parameter(&self, key: &str) -> Option<Bare<'a>> {
        self.parameters.iter().rev().find(|(name, _)| *name == key).map(|&(_, value)| value)
    }

    /// The non-negative integer in the parameter of that name.
    pub(super) fn count(&self, key: &str) -> Option<u64> {
        self.parameter(key)?.count()
    }
}

impl Bare<'_> {
    /// A non-negative integer.
    pub(super) fn count(self) -> Option<u64> {
        match self {
            Self::Integer(value) => u64::try_from(value).ok(),
            _ => None,
        }
    }

    /// What a String or a Token says.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::String(written) => Some(unescaped(written)),
            Self::Token(token) => Some(token.into()),
            _ => None,
        }
    }
}

fn unescaped(written: &str) -> String {
    let mut escaped = false;
    let is_text = |character: &char| {
        escaped = !escaped && *character == '\\';
        !escaped
    };
    written.chars().filter(is_text).collect()
}

fn members<'a, T>(text: &'a str, read: impl Fn(&mut Cursor<'a>) -> Option<T>) -> Option<Vec<T>> {
    let mut cursor = Cursor::new(text.trim_matches(is_blank));
    let mut members = Vec::new();
    while !cursor.is_at_end() && members.len() < MAX_MEMBERS {
        members.push(read(&mut cursor)?);
        cursor.take(is_blank);
        if cursor.is_at_end() {
            break;
        }
        cursor.eat(',')?;
        cursor.take(is_blank);
        if cursor.is_at_end() {
            return None;
        }
    }
    Some(members)
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

impl<'a> Cursor<'a> {
    fn entry(&mut self) -> Option<(&'a str, Item<'a>)> {
        let key = self.key()?;
        let value = self.value_or_true()?;
        Some((key, Item { value, parameters: self.parameters()? }))
    }

    fn item(&mut self) -> Option<Item<'a>> {
        let value = self.bare()?;
        Some(Item { value, parameters: self.parameters()? })
    }

    fn parameters(&mut self) -> Option<Vec<(&'a str, Bare<'a>)>> {
        let mut parameters = Vec::new();
        while self.eat(';').is_some() {
            self.take(|character| character == ' ');
            let parameter = (self.key()?, self.value_or_true()?);
            if parameters.len() < MAX_PARAMETERS {
                parameters.push(parameter);
            }
        }
        Some(parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_items_with_parameters() {
        let items = list(" \"burst\";q=100; w=60;pk=:cHsdsRa894==: ,\tdaily;q=1;x, -7;d=1.5;b=?0;s=%\"f%c3%bc\";t=@5 ")
            .unwrap();
        assert_eq!(
            items.iter().map(|item| item.value).collect::<Vec<_>>(),
            [Bare::String("burst"), Bare::Token("daily"), Bare::Integer(-7),]
        );
        assert_eq!(items[0].count("q"), Some(100));
        assert_eq!(items[0].count("w"), Some(60));
        assert_eq!(items[0].parameter("pk"), Some(Bare::Bytes("cHsdsRa894==")));
        assert_eq!(items[1].parameter("x"), Some(Bare::Other));
        assert_eq!(items[2].count("d"), None);
        assert_eq!(list("").unwrap(), []);
    }

    #[test]
    fn escapes_are_undone() {
        let items = list(r#""a\"b\\c""#).unwrap();
        assert_eq!(items[0].value.text().unwrap(), r#"a"b\c"#);
    }

    #[test]
    fn the_last_of_repeated_parameters_counts() {
        assert_eq!(list("a;q=1;q=2").unwrap()[0].count("q"), Some(2));
    }

    #[test]
    fn a_dictionary_has_keys() {
        let entries = dictionary("limit=100, remaining=50;x=1, reset").unwrap();
        let values: Vec<_> = entries.iter().map(|(key, item)| (*key, item.value)).collect();
        assert_eq!(values, [("limit", Bare::Integer(100)), ("remaining", Bare::Integer(50)), ("reset", Bare::Other),]);
    }

    #[test]
    fn what_breaks_a_rule_is_no_list() {
        for text in [
            ",",
            "a,",
            "a,,b",
            "a b",
            "\"a",
            "\"a\\b\"",
            "\"é\"",
            "\"a\\",
            "a;",
            "a;Q=1",
            "a;q=",
            "a; q =1",
            "1.",
            "1.2345",
            "1234567890123.1",
            "1234567890123456",
            "-",
            "--1",
            ":a",
            ":a!:",
            "?2",
            "@1.5",
            "@",
            "%\"a%C3\"",
            "%a",
            "%\"a",
            "(a b)",
            "limit=100",
            "é",
            "\u{0}",
        ] {
            assert_eq!(list(text), None, "{text:?}");
        }
    }

    #[test]
    fn reading_stops_at_the_bound() {
        let text = "a;q=1,".repeat(10_000);
        assert_eq!(list(&text).unwrap().len(), MAX_MEMBERS);
        let text = alloc::format!("a{}", ";q=1".repeat(10_000));
        assert_eq!(list(&text).unwrap()[0].parameters.len(), MAX_PARAMETERS);
    }
}
