use crate::semconv::attribute::OTHER;

/// `StatusCode::as_str` borrows from the code, but an attribute without allocation has to be `'static`.
pub(super) fn as_str(status: http::StatusCode) -> &'static str {
    const FIRST: usize = 100;
    const DIGITS: [[u8; 3]; 900] = {
        let mut digits = [[0; 3]; 900];
        let mut i = 0;
        while i < digits.len() {
            let code = FIRST + i;
            digits[i] = [b'0' + (code / 100) as u8, b'0' + (code / 10 % 10) as u8, b'0' + (code % 10) as u8];
            i += 1;
        }
        digits
    };
    static STATUS: [[u8; 3]; 900] = DIGITS;
    let index = usize::from(status.as_u16()) - FIRST;
    STATUS.get(index).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or(OTHER)
}
