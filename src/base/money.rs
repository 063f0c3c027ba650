//! Amounts of money as integers of a currency's minor unit (ISO 4217), never floats.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use thiserror::Error;

/// A currency that amounts can be counted in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: iso_currency::Currency,
    digits: u32,
}

/// Why a text names no currency of amounts.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not an ISO 4217 code of a currency, such as EUR or USD")]
pub struct CurrencyError(String);

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let error = || CurrencyError(text.to_owned());
        let code = iso_currency::Currency::from_code(text).ok_or_else(error)?;
        // Gold, test codes and "no currency" have no minor unit.
        let digits = code.exponent().ok_or_else(error)?;
        Ok(Self { code, digits: u32::from(digits) })
    }
}

impl Currency {
    /// Its three letters.
    pub fn code(self) -> &'static str {
        self.code.code()
    }

    /// Decimal places of its minor unit: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn digits(self) -> u32 {
        self.digits
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// An amount in minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// Minor units: 1234 is 12.34 EUR and 1234 JPY.
    pub minor: i128,
    /// What it is counted in.
    pub currency: Currency,
}

impl Money {
    /// `amount` as money; `None` when it has decimals that the currency does not.
    pub fn exact(amount: Decimal, currency: Currency) -> Option<Self> {
        let minor = amount.checked_mul(Decimal::from(10_i64.pow(currency.digits())))?;
        minor.is_integer().then_some(())?;
        Some(Self { minor: minor.trunc().mantissa() / 10_i128.pow(minor.trunc().scale()), currency })
    }

    /// The amount without its currency, with all the currency's decimals: `12.34`, `-0.05`, `1234` for JPY.
    pub fn amount_text(self) -> String {
        let digits = self.currency.digits() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let units = format!("{:0width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (whole, minor) = units.split_at(units.len() - digits);
        let point = if digits == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{minor}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        for (minor, currency, text) in [
            (1234, "EUR", "12.34"),
            (-5, "EUR", "-0.05"),
            (0, "EUR", "0.00"),
            (1234, "JPY", "1234"),
            (1234, "KWD", "1.234"),
            (-24_097_500, "USD", "-240975.00"),
        ] {
            let currency = currency.parse().unwrap();
            assert_eq!(Money { minor, currency }.amount_text(), text);
        }
    }

    #[test]
    fn a_decimal_with_more_digits_than_the_currency_is_no_money() {
        let euro: Currency = "EUR".parse().unwrap();
        let exact = |text: &str| Money::exact(text.parse().unwrap(), euro).map(|money| money.minor);
        assert_eq!(exact("131.25"), Some(13_125));
        assert_eq!(exact("131.250"), Some(13_125));
        assert_eq!(exact("-7"), Some(-700));
        assert_eq!(exact("0.125"), None);
        assert_eq!(Money::exact("7.5".parse().unwrap(), "JPY".parse().unwrap()), None);
    }

    #[test]
    fn what_is_no_currency_of_amounts_is_refused() {
        for text in ["", "eur", "EURO", "XXX", "XAU", "XTS"] {
            assert_eq!(text.parse::<Currency>(), Err(CurrencyError(text.to_owned())));
        }
    }
}
