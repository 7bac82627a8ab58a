//! What an error says of itself, where that is to be seen.

use super::*;

#[test]
fn sp_13_sp_59_a_long_message_is_cut() {
    const MOST: usize = 8192;
    each(|case| {
        let case = case.with(RequestTraceLayer::with_exceptions, ClientTraceLayer::with_exceptions);
        for (length, shown) in [(MOST, MOST), (MOST + 1, MOST), (100 * MOST, MOST)] {
            let failed = Err::<Response<Upload>, _>(io::Error::other("x".repeat(length)));
            assert_eq!(respond(&case, request(), failed).unwrap_err().to_string().len(), length);
            let span = case.spans.only();
            let Status::Error { description } = &span.status else { panic!("{span:?}") };
            assert_eq!(description.len(), shown);
        }
    });
}
