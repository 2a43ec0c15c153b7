//! The characters of a structured field value, and the bare items and keys they form (RFC 9651, section 4.2).

use super::structured::Bare;

fn is_printable(character: char) -> bool {
    matches!(character, ' '..='~')
}

/// What is still to be read.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn key(&mut self) -> Option<&'a str> {
        let starts = |character| matches!(character, 'a'..='z' | '*');
        self.peek().filter(|&first| starts(first))?;
        Some(self.take(|c| starts(c) || matches!(c, '0'..='9' | '_' | '-' | '.')))
    }

    /// What follows a key; a key alone is the Boolean true.
    pub(super) fn value_or_true(&mut self) -> Option<Bare<'a>> {
        if self.eat('=').is_some() { self.bare() } else { Some(Bare::Other) }
    }

    pub(super) fn bare(&mut self) -> Option<Bare<'a>> {
        match self.peek()? {
            '"' => self.string(),
            '-' | '0'..='9' => self.number(),
            '*' | 'a'..='z' | 'A'..='Z' => Some(self.token()),
            ':' => self.bytes(),
            '?' => self.boolean(),
            '@' => self.date(),
            '%' => self.display_string(),
            _ => None,
        }
    }

    fn string(&mut self) -> Option<Bare<'a>> {
        self.eat('"')?;
        let start = self.rest;
        loop {
            self.take(|c| is_printable(c) && !matches!(c, '"' | '\\'));
            if self.rest.starts_with('"') {
                let written = start.get(..start.len().checked_sub(self.rest.len())?)?;
                self.eat('"')?;
                return Some(Bare::String(written));
            }
            self.eat('\\')?;
            self.eat('\\').or_else(|| self.eat('"'))?;
        }
    }

    fn number(&mut self) -> Option<Bare<'a>> {
        let negative = self.eat('-').is_some();
        let whole = self.digits(15)?;
        if self.eat('.').is_some() {
            self.digits(3)?;
            return (whole.len() <= 12).then_some(Bare::Other);
        }
        let value: i64 = whole.parse().ok()?;
        Some(Bare::Integer(if negative { value.checked_neg()? } else { value }))
    }

    /// One to `most` digits.
    fn digits(&mut self, most: usize) -> Option<&'a str> {
        let digits = self.take(|c| c.is_ascii_digit());
        (1..=most).contains(&digits.len()).then_some(digits)
    }

    fn token(&mut self) -> Bare<'a> {
        Bare::Token(self.take(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c)))
    }

    fn bytes(&mut self) -> Option<Bare<'a>> {
        self.eat(':')?;
        let written = self.take(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='));
        self.eat(':')?;
        Some(Bare::Bytes(written))
    }

    fn boolean(&mut self) -> Option<Bare<'a>> {
        self.eat('?')?;
        self.eat('0').or_else(|| self.eat('1'))?;
        Some(Bare::Other)
    }

    fn date(&mut self) -> Option<Bare<'a>> {
        self.eat('@')?;
        matches!(self.number()?, Bare::Integer(_)).then_some(Bare::Other)
    }

    fn display_string(&mut self) -> Option<Bare<'a>> {
        self.eat('%')?;
        self.eat('"')?;
        loop {
            self.take(|c| is_printable(c) && !matches!(c, '"' | '%'));
            if self.eat('"').is_some() {
                return Some(Bare::Other);
            }
            self.eat('%')?;
            for _ in 0..2 {
                self.eat(self.peek().filter(|c| matches!(c, '0'..='9' | 'a'..='f'))?)?;
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Passes over one character, if it is the next one.
    pub(super) fn eat(&mut self, character: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(character)?;
        Some(())
    }

    /// Passes over the characters that `belongs` accepts.
    pub(super) fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}
