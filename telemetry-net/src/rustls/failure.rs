//! Words for what goes wrong in TLS.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use telemetry_core::ErrorType;
use tokio_rustls::rustls::{AlertDescription as Alert, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved};

/// The peer speaks something else.
const NOT_TLS: &str = "tls_not_tls";

/// Nobody has said more.
const HANDSHAKE_FAILED: ErrorType = ErrorType::Named("tls_handshake_failed");

/// Any error of a TLS stream.
pub(crate) fn error_type(error: &io::Error) -> ErrorType {
    classify(error, ErrorType::Tls)
}

/// An error of a handshake.
pub(super) fn handshake_error(error: &io::Error) -> ErrorType {
    classify(error, HANDSHAKE_FAILED)
}

/// The peer that just left has the word of the input and output error.
fn classify(error: &io::Error, otherwise: ErrorType) -> ErrorType {
    ErrorType::from_error_with(error, |error| {
        if error.is::<UnknownName>() {
            return Some(ErrorType::Named("tls_unrecognized_name"));
        }
        let error: &Error = error.downcast_ref()?;
        Some(word(error).map_or(otherwise, ErrorType::Named))
    })
}

fn word(error: &Error) -> Option<&'static str> {
    match error {
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            Some(NOT_TLS)
        }
        error => alert(error).and_then(name),
    }
}

/// The alert that has come from the peer, or that rustls sends to it for an error of this kind. So both ends have the same
/// word.
fn alert(error: &Error) -> Option<Alert> {
    Some(match error {
        Error::AlertReceived(alert) => *alert,
        Error::DecryptError => Alert::BadRecordMac,
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => Alert::UnexpectedMessage,
        Error::InvalidCertificate(error) => error.clone().into(),
        Error::InvalidMessage(error) => (*error).into(),
        Error::NoApplicationProtocol => Alert::NoApplicationProtocol,
        Error::NoCertificatesPresented => Alert::CertificateRequired,
        Error::PeerIncompatible(error) => incompatible(error),
        Error::PeerMisbehaved(error) => misbehaved(error),
        Error::PeerSentOversizedRecord => Alert::RecordOverflow,
        _ => return None,
    })
}

fn incompatible(error: &PeerIncompatible) -> Alert {
    use PeerIncompatible as Peer;
    match error {
        Peer::ServerDoesNotSupportTls12Or13
        | Peer::ServerTlsVersionIsDisabledByOurConfig
        | Peer::SupportedVersionsExtensionRequired
        | Peer::Tls12NotOffered
        | Peer::Tls12NotOfferedOrEnabled
        | Peer::Tls13RequiredForQuic => Alert::ProtocolVersion,
        Peer::NullCompressionRequired | Peer::UncompressedEcPointsRequired => Alert::IllegalParameter,
        Peer::ServerRejectedEncryptedClientHello(_) => Alert::EncryptedClientHelloRequired,
        _ => Alert::HandshakeFailure,
    }
}

fn misbehaved(error: &PeerMisbehaved) -> Alert {
    use PeerMisbehaved as Peer;
    match error {
        Peer::IllegalMiddleboxChangeCipherSpec
        | Peer::KeyEpochWithPendingFragment
        | Peer::MessageInterleavedWithHandshakeMessage
        | Peer::TooManyEmptyFragments
        | Peer::TooManyKeyUpdateRequests
        | Peer::TooManyRenegotiationRequests
        | Peer::TooManyWarningAlertsReceived
        | Peer::TooMuchEarlyDataReceived => Alert::UnexpectedMessage,
        Peer::IncorrectBinder => Alert::DecryptError,
        Peer::InvalidCertCompression | Peer::SelectedUnofferedCertCompression => Alert::BadCertificate,
        Peer::MissingBinderInPskExtension => Alert::DecodeError,
        Peer::MissingKeyShare | Peer::MissingPskExtensionInSecondClientHello | Peer::MissingPskModesExtension => {
            Alert::MissingExtension
        }
        Peer::DisallowedEncryptedExtension
        | Peer::UnexpectedCleartextExtension
        | Peer::UnsolicitedEchExtension
        | Peer::UnsolicitedEncryptedExtension
        | Peer::UnsolicitedServerHelloExtension => Alert::UnsupportedExtension,
        Peer::SelectedUnofferedCipherSuite | Peer::ServerHelloMustOfferUncompressedEcPoints => Alert::HandshakeFailure,
        _ => Alert::IllegalParameter,
    }
}

/// The names of IANA's registry of TLS alerts, as words.
fn name(alert: Alert) -> Option<&'static str> {
    Some(match alert {
        Alert::CloseNotify => "tls_close_notify",
        Alert::UnexpectedMessage => "tls_unexpected_message",
        Alert::BadRecordMac => "tls_bad_record_mac",
        Alert::DecryptionFailed => "tls_decryption_failed",
        Alert::RecordOverflow => "tls_record_overflow",
        Alert::DecompressionFailure => "tls_decompression_failure",
        Alert::HandshakeFailure => "tls_handshake_failure",
        Alert::NoCertificate => "tls_no_certificate",
        Alert::BadCertificate => "tls_bad_certificate",
        Alert::UnsupportedCertificate => "tls_unsupported_certificate",
        Alert::CertificateRevoked => "tls_certificate_revoked",
        Alert::CertificateExpired => "tls_certificate_expired",
        Alert::CertificateUnknown => "tls_certificate_unknown",
        Alert::IllegalParameter => "tls_illegal_parameter",
        Alert::UnknownCA => "tls_unknown_ca",
        Alert::AccessDenied => "tls_access_denied",
        Alert::DecodeError => "tls_decode_error",
        Alert::DecryptError => "tls_decrypt_error",
        Alert::ExportRestriction => "tls_export_restriction",
        Alert::ProtocolVersion => "tls_protocol_version",
        Alert::InsufficientSecurity => "tls_insufficient_security",
        Alert::InternalError => "tls_internal_error",
        Alert::InappropriateFallback => "tls_inappropriate_fallback",
        Alert::UserCanceled => "tls_user_canceled",
        Alert::NoRenegotiation => "tls_no_renegotiation",
        Alert::MissingExtension => "tls_missing_extension",
        Alert::UnsupportedExtension => "tls_unsupported_extension",
        Alert::CertificateUnobtainable => "tls_certificate_unobtainable",
        Alert::UnrecognisedName => "tls_unrecognized_name",
        Alert::BadCertificateStatusResponse => "tls_bad_certificate_status_response",
        Alert::BadCertificateHashValue => "tls_bad_certificate_hash_value",
        Alert::UnknownPSKIdentity => "tls_unknown_psk_identity",
        Alert::CertificateRequired => "tls_certificate_required",
        Alert::NoApplicationProtocol => "tls_no_application_protocol",
        Alert::EncryptedClientHelloRequired => "tls_ech_required",
        _ => return None,
    })
}

/// There is no configuration for what a client has asked for.
#[derive(Debug)]
pub(super) struct UnknownName;

impl UnknownName {
    /// What the client is told: a record with a fatal alert, which nothing protects so early.
    pub(super) const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no TLS configuration for the name that the client has asked for")
    }
}

impl StdError for UnknownName {}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::{CertificateError, OtherError};

    use super::*;

    #[test]
    fn nt_72_errors_have_the_words_of_alerts() {
        let rows = [
            (Error::AlertReceived(Alert::CertificateExpired), "tls_certificate_expired"),
            (Error::AlertReceived(Alert::UnknownCA), "tls_unknown_ca"),
            (Error::AlertReceived(Alert::Unknown(200)), "tls_handshake_failed"),
            (CertificateError::Expired.into(), "tls_certificate_expired"),
            (CertificateError::NotValidYet.into(), "tls_certificate_expired"),
            (CertificateError::Revoked.into(), "tls_certificate_revoked"),
            (CertificateError::UnknownIssuer.into(), "tls_unknown_ca"),
            (CertificateError::NotValidForName.into(), "tls_bad_certificate"),
            (CertificateError::BadSignature.into(), "tls_decrypt_error"),
            (CertificateError::InvalidPurpose.into(), "tls_unsupported_certificate"),
            (CertificateError::ApplicationVerificationFailure.into(), "tls_access_denied"),
            (PeerIncompatible::Tls12NotOffered.into(), "tls_protocol_version"),
            (PeerIncompatible::NoCipherSuitesInCommon.into(), "tls_handshake_failure"),
            (PeerIncompatible::NullCompressionRequired.into(), "tls_illegal_parameter"),
            (PeerIncompatible::ServerRejectedEncryptedClientHello(None).into(), "tls_ech_required"),
            (PeerMisbehaved::SelectedInvalidPsk.into(), "tls_illegal_parameter"),
            (PeerMisbehaved::TooManyEmptyFragments.into(), "tls_unexpected_message"),
            (PeerMisbehaved::IncorrectBinder.into(), "tls_decrypt_error"),
            (PeerMisbehaved::InvalidCertCompression.into(), "tls_bad_certificate"),
            (PeerMisbehaved::MissingKeyShare.into(), "tls_missing_extension"),
            (PeerMisbehaved::UnsolicitedEchExtension.into(), "tls_unsupported_extension"),
            (InvalidMessage::InvalidContentType.into(), "tls_not_tls"),
            (InvalidMessage::UnknownProtocolVersion.into(), "tls_not_tls"),
            (InvalidMessage::MessageTooShort.into(), "tls_decode_error"),
            (InvalidMessage::DuplicateExtension(7).into(), "tls_illegal_parameter"),
            (Error::InappropriateMessage { expect_types: vec![], got_type: 1.into() }, "tls_unexpected_message"),
            (Error::NoCertificatesPresented, "tls_certificate_required"),
            (Error::NoApplicationProtocol, "tls_no_application_protocol"),
            (Error::DecryptError, "tls_bad_record_mac"),
            (Error::PeerSentOversizedRecord, "tls_record_overflow"),
            (Error::General("tls_made_up".into()), "tls_handshake_failed"),
            (Error::Other(OtherError(std::sync::Arc::new(fmt::Error))), "tls_handshake_failed"),
            (Error::FailedToGetRandomBytes, "tls_handshake_failed"),
        ];
        for (error, word) in rows {
            let text = error.to_string();
            assert_eq!(handshake_error(&io::Error::new(io::ErrorKind::InvalidData, error)).as_str(), word, "{text}");
        }
    }

    #[test]
    fn nt_72_errors_of_the_stream_keep_their_words() {
        use io::ErrorKind as Kind;
        let rows = [
            (Kind::UnexpectedEof, "unexpected_eof"),
            (Kind::ConnectionReset, "connection_reset"),
            (Kind::TimedOut, "timeout"),
            (Kind::InvalidData, "io_error"),
        ];
        for (kind, word) in rows {
            for error in [io::Error::from(kind), io::Error::new(kind, "tls_made_up")] {
                assert_eq!(handshake_error(&error).as_str(), word);
                assert_eq!(error_type(&error).as_str(), word);
            }
        }
        let later = io::Error::new(Kind::InvalidData, Error::General(String::new()));
        assert_eq!(error_type(&later).as_str(), "tls_error");
        assert_eq!(error_type(&io::Error::other(UnknownName)).as_str(), "tls_unrecognized_name");
    }

    #[test]
    fn every_alert_of_the_registry_has_a_word_of_its_own() {
        let known: Vec<_> =
            (0..=u8::MAX).map(Alert::from).filter(|alert| !matches!(alert, Alert::Unknown(_))).collect();
        let mut words: Vec<_> = known.iter().filter_map(|alert| name(*alert)).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), known.len());
        assert!(words.iter().all(|word| word.starts_with("tls_")));
    }
}
