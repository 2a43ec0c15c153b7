//! Dates as HTTP writes them.

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds since 1970 of an IMF-fixdate (RFC 9110, section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`;
/// 0 for dates before. The day of the week is not compared with the date.
pub(super) fn imf_fixdate(text: &str) -> Option<u64> {
    let (day_name, date) = text.split_once(", ")?;
    let mut parts = date.split(' ');
    let mut next = || parts.next();
    let (day, month, year, time, zone) = (next()?, next()?, next()?, next()?, next()?);
    if next().is_some() || zone != "GMT" || !DAYS.contains(&day_name) {
        return None;
    }
    let month = 1 + MONTHS.iter().position(|name| *name == month)? as u64;
    let (day, year) = (digits(day, 2)?, digits(year, 4)?);
    if !(1..=days_in(month, year)).contains(&day) {
        return None;
    }
    Some(days_since_1970(year, month, day).saturating_mul(86_400).saturating_add(seconds_of_day(time)?))
}

/// Seconds since 1970 of an RFC 3339 date in UTC, such as `1994-11-06T08:49:37Z`, a fraction rounded up; 0 for dates
/// before.
pub(super) fn rfc3339(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix(['Z', 'z']).or_else(|| text.strip_suffix("+00:00"))?.split_once(['T', 't'])?;
    let mut parts = date.split('-');
    let mut next = || parts.next();
    let (year, month, day) = (digits(next()?, 4)?, digits(next()?, 2)?, digits(next()?, 2)?);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let is_date = (1..=12).contains(&month) && (1..=days_in(month, year)).contains(&day) && parts.next().is_none();
    if !is_date || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let rest = u64::from(fraction.bytes().any(|digit| digit != b'0'));
    let seconds = seconds_of_day(time)?.saturating_add(rest);
    Some(days_since_1970(year, month, day).saturating_mul(86_400).saturating_add(seconds))
}

fn seconds_of_day(time: &str) -> Option<u64> {
    let mut parts = time.split(':');
    let mut next = || digits(parts.next()?, 2);
    let (hour, minute, second) = (next()?, next()?, next()?);
    // 60 is a leap second.
    let valid = hour < 24 && minute < 60 && second <= 60 && parts.next().is_none();
    valid.then_some(hour * 3_600 + minute * 60 + second)
}

fn digits(text: &str, count: usize) -> Option<u64> {
    if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

const fn days_in(month: u64, year: u64) -> u64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Years are counted from March, so that the leap day is the last of its year and months have the lengths
/// 31, 30, 31, 30, 31 over and over, which `(153 × month + 2) / 5` sums up.
const fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    const FROM_MARCH_0_TO_1970: u64 = 719_468;
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.saturating_sub(1), month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    (year * 365 + leap_days + day_of_year).saturating_sub(FROM_MARCH_0_TO_1970)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read() {
        for (text, secs) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2000 23:59:60 GMT", 951_868_800),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
            ("Mon, 01 Jan 0001 00:00:00 GMT", 0),
            ("Mon, 23 Nov 2026 12:00:00 GMT", 1_795_435_200),
        ] {
            assert_eq!(imf_fixdate(text), Some(secs), "{text}");
        }
    }

    #[test]
    fn dates_of_rfc_3339_are_read() {
        for (text, secs) in [
            ("1994-11-06T08:49:37Z", Some(784_111_777)),
            ("1994-11-06t08:49:36.001z", Some(784_111_777)),
            ("1994-11-06T08:49:37+00:00", Some(784_111_777)),
            ("1994-11-06T08:49:37", None),
            ("1994-11-06T08:49:37+01:00", None),
            ("1994-13-06T08:49:37Z", None),
            ("1994-02-29T08:49:37Z", None),
            ("1994-11-06 08:49:37Z", None),
            ("1994-11-06T08:49:37.Z", None),
            ("1994-11-06-01T08:49:37Z", None),
        ] {
            assert_eq!(rfc3339(text), secs, "{text}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut expected = 0;
        for year in 1970..=2400 {
            for month in 1..=12 {
                for day in 1..=days_in(month, year) {
                    assert_eq!(days_since_1970(year, month, day), expected);
                    expected += 1;
                }
            }
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sun, 29 Feb 2100 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Son, 06 Nov 1994 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(imf_fixdate(text), None, "{text}");
        }
    }
}
