use super::super::environment::MAX_LENGTH;
use super::*;

/// The attributes that a value of `OTEL_RESOURCE_ATTRIBUTES` gives, sorted; none if it is ignored.
fn attributes(text: &str) -> Vec<(String, String)> {
    let resource = from_environment(&[(ATTRIBUTES, text)]);
    let defaults = from_environment(&[]);
    let added = resource.iter().filter(|(key, _)| defaults.get_ref(key).is_none());
    let mut added: Vec<_> = added.map(|(key, value)| (key.to_string(), value.to_string())).collect();
    added.sort();
    added
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// What the log is told of the variables.
fn warnings(variables: Variables<'_>) -> Vec<String> {
    let settings = environment_of(variables);
    resource(&settings, None, Vec::new(), false);
    settings.take_warnings()
}

#[test]
fn co_01_an_empty_or_blank_variable_is_an_unset_one() {
    let unset = from_environment(&[]);
    for blank in ["", " ", "\t \n"] {
        let variables: Variables<'_> = &[(NAME, blank), (ATTRIBUTES, blank)];
        assert_eq!(from_environment(variables), unset, "{blank:?}");
        assert!(warnings(variables).is_empty(), "{blank:?}");
        assert_eq!(name_of(&from_environment(&[(NAME, blank), (ATTRIBUTES, "service.name=shop")])), "shop");
    }
}

#[test]
fn co_07_values_are_strings_and_blanks_around_them_are_none_of_theirs() {
    let expected = pairs(&[("shop.city", "New York"), ("shop.floor", "2"), ("shop.open", "true")]);
    assert_eq!(attributes(" shop.floor = 2 ,shop.open=true,\tshop.city=New York "), expected);
    let resource = from_environment(&[(ATTRIBUTES, "shop.floor=2")]);
    assert_eq!(resource.get(&Key::from_static_str("shop.floor")), Some(Value::from("2")));
}

#[test]
fn co_07_keys_and_values_are_percent_decoded() {
    assert_eq!(attributes("a=1%2C2%3D3"), pairs(&[("a", "1,2=3")]));
    assert_eq!(attributes("a%3Db%2Cc=%C3%A9%c3%a9"), pairs(&[("a=b,c", "éé")]));
    assert_eq!(
        attributes("a=%20x%20,b=100%25,c=1+1,d=é"),
        pairs(&[("a", " x "), ("b", "100%"), ("c", "1+1"), ("d", "é")])
    );
    assert_eq!(attributes("a=%2541"), pairs(&[("a", "%41")]));
}

#[test]
fn co_07_what_is_no_mistake() {
    assert_eq!(attributes("a=b,, ,c=d,"), pairs(&[("a", "b"), ("c", "d")]));
    assert_eq!(attributes("a="), pairs(&[("a", "")]));
    assert_eq!(attributes("a=b=c=="), pairs(&[("a", "b=c==")]));
    assert_eq!(attributes("a=1,a=2"), pairs(&[("a", "2")]));
    assert!(warnings(&[(ATTRIBUTES, "a=b,,c=d=,a=")]).is_empty());
}

#[test]
fn co_07_any_mistake_discards_the_whole_variable_with_one_warning_that_tells_no_value() {
    let mistakes = [
        ("secret1=secret2,secret3", "no `=`"),
        ("secret1=secret2,=secret3", "no key"),
        ("secret1=secret2, = secret3", "no key"),
        ("secret1=secret2,%20=secret3", "no key"),
        ("secret1=secret2%", "hexadecimal"),
        ("secret1=secret2%4", "hexadecimal"),
        ("secret1=secret2%zz", "hexadecimal"),
        ("secret1=secret2%%41", "hexadecimal"),
        ("secret1=secret2%+1", "hexadecimal"),
        ("secret1=secret2%é", "hexadecimal"),
        ("secret1%4=secret2,secret3=ok", "hexadecimal"),
        ("secret1=secret2%FF", "UTF-8"),
        ("secret1=secret2%C3,secret3=%A9", "UTF-8"),
    ];
    for (text, reason) in mistakes {
        assert_eq!(attributes(text), [], "{text}");
        let warnings = warnings(&[(ATTRIBUTES, text)]);
        let [warning] = warnings.as_slice() else { panic!("{text}: {warnings:?}") };
        assert!(warning.contains(ATTRIBUTES) && warning.contains(reason), "{warning}");
        assert!(!warning.contains("secret"), "{warning}");
    }
}

#[test]
fn co_07_the_name_of_a_discarded_variable_is_discarded_too() {
    assert!(name_of(&from_environment(&[(ATTRIBUTES, "service.name=shop,oops")])).starts_with("unknown_service:"));
    assert_eq!(name_of(&from_environment(&[(ATTRIBUTES, "oops"), (NAME, "shop")])), "shop");
}

#[test]
fn co_07_a_variable_without_end_is_ignored() {
    let longest = format!("a={}", "b".repeat(MAX_LENGTH - 2));
    assert_eq!(attributes(&longest).len(), 1);
    let longer = format!("{longest}b");
    assert_eq!(attributes(&longer), []);
    assert_eq!(warnings(&[(ATTRIBUTES, &longer)]).len(), 1);
    assert_eq!(warnings(&[(NAME, &longer)]).len(), 1);
    assert!(name_of(&from_environment(&[(NAME, &longer)])).starts_with("unknown_service:"));
}
