//! Plain text: on one line, within a width, and amounts of money.

use kernel::{Currency, Money};

/// The width of plain text in a mail (RFC 3676, section 4.2, asks for less than 79).
const WIDTH: usize = 76;
/// The longest name that somebody is greeted by.
const LONGEST_NAME: usize = 60;

/// The text on one line: control characters, line breaks and what turns the direction of writing around become blanks,
/// and of several blanks one is left.
pub(crate) fn one_line(text: &str) -> String {
    let breaks = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.split(breaks).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// How somebody is greeted. Mail programs make links of what looks like an address of the web, and anybody can open an
/// account in another's name: what looks so is not repeated.
pub(crate) fn greeting(name: &str) -> String {
    let name = one_line(name);
    let characters: Vec<char> = name.chars().collect();
    let has_domain = characters
        .windows(3)
        .any(|near| near[1] == '.' && !near[0].is_whitespace() && !near[2].is_whitespace());
    let is_name = !name.is_empty()
        && characters.len() <= LONGEST_NAME
        && !name.contains(['/', ':', '@', '\\'])
        && !has_domain;
    if is_name { format!("Hello {name},") } else { "Hello,".to_owned() }
}

/// Such as `$1,234.50`.
pub(crate) fn money(money: Money) -> String {
    let sign = if money.amount < 0 { "-" } else { "" };
    let minor = money.amount.unsigned_abs();
    let Currency::Usd = money.currency;
    format!("{sign}${}.{:02}", grouped(minor / 100), minor % 100)
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Such as `Green Acre, Willow and Maria & Sons`.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [name] => name.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The text in lines of at most [`WIDTH`] characters, but for words that are longer, such as links.
pub(crate) fn wrap(text: &str) -> String {
    let mut wrapped = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            wrapped.push('\n');
            width = 0;
        } else if width > 0 {
            wrapped.push(' ');
            width += 1;
        }
        wrapped.push_str(word);
        width += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_on_a_price_tag() {
        let told = |amount| money(Money::new(amount, Currency::Usd));
        assert_eq!([1250, 5, 0, -75].map(told), ["$12.50", "$0.05", "$0.00", "-$0.75"]);
        assert_eq!([123_450, 100_000, 123_456_789].map(told), ["$1,234.50", "$1,000.00", "$1,234,567.89"]);
    }

    #[test]
    fn people_are_greeted_by_their_names_and_not_by_advertisements() {
        for (name, greeted) in [
            ("Ana López", "Hello Ana López,"),
            ("Dr. No", "Hello Dr. No,"),
            (" Ana \r\n B.", "Hello Ana B.,"),
            ("", "Hello,"),
            ("win at evil.example", "Hello,"),
            ("https://evil", "Hello,"),
            ("ana@example", "Hello,"),
        ] {
            assert_eq!(greeting(name), greeted, "{name:?}");
        }
        assert_eq!(greeting(&"a".repeat(61)), "Hello,");
    }

    #[test]
    fn names_are_listed_as_one_would_say_them() {
        let names = ["Ana", "Bo", "Cy"].map(str::to_owned);
        let told: Vec<String> = (0..=3).map(|count| listed(&names[..count])).collect();
        assert_eq!(told, ["", "Ana", "Ana and Bo", "Ana, Bo and Cy"]);
    }

    #[test]
    fn lines_are_short_unless_a_word_is_long() {
        let text = "word ".repeat(40) + "https://silkcart.example/" + &"x".repeat(90) + " end";
        let wrapped = wrap(&text);
        let long: Vec<&str> = wrapped.lines().filter(|line| line.chars().count() > WIDTH).collect();
        assert_eq!(long.len(), 1);
        assert!(long[0].starts_with("https://"));
        assert_eq!(wrapped.split_whitespace().count(), 42);
    }
}
