use super::unused::leave_out;
use std::borrow::Cow;
use wasm_encoder::{CodeSection, CustomSection, Encode, Function, FunctionSection, Module, NameMap, NameSection, TypeSection};
use wasmparser::{KnownCustom, Operator, Parser, Payload};

/// A program of functions that each refer to something: a part of one that is never called, that one itself, the words of an error that nobody
/// reads, and those of another.
fn program() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([], [wasm_encoder::ValType::I32]);
    let (mut functions, mut code, mut names) = (FunctionSection::new(), CodeSection::new(), NameMap::new());
    let all = [
        "_ZN8into_any13hydrate_async11_$u7b$part$u7d$17h0E",
        "_ZN8into_any13hydrate_async17h0E",
        "_RNvXs8_NtCs8smPDu2Cq1f_10serde_json5errorNtB5_14JsonUnexpectedNtNtCsdlsOmLTRTs7_4core3fmt7Display3fmt",
        "_RNvXs0_NtCs3buaEsUNT4x_12mpanel_model5moneyNtB5_5MoneyNtNtCsdlsOmLTRTs7_4core3fmt7Display3fmt",
    ];
    for (index, name) in all.into_iter().enumerate() {
        functions.function(u32::from(name.contains("Display")));
        let mut body = Function::new([]);
        match name.contains("Display") {
            true => body.instructions().i32_const(7).nop().end(),
            false => body.instructions().i32_const(7).drop().end(),
        };
        code.function(&body);
        names.append(index as u32, name);
    }
    let mut relocations = Vec::new();
    (2_u32.encode(&mut relocations), 4_u32.encode(&mut relocations));
    // In the code section: how many, then each with its length before it. Each constant stands behind length, variables and instruction.
    for offset in [4_u32, 10, 16, 22] {
        relocations.push(wasmparser::RelocationType::TypeIndexLeb as u8);
        (offset.encode(&mut relocations), 0_u32.encode(&mut relocations));
    }
    let mut named = NameSection::new();
    named.functions(&names);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    module.section(&CustomSection { name: Cow::Borrowed("reloc.CODE"), data: Cow::Owned(relocations) }).section(&named);
    module.finish()
}

/// The instructions of each function, and the offsets that relocations stand at.
fn seen(program: &[u8]) -> (Vec<Vec<String>>, Vec<u32>) {
    let (mut bodies, mut offsets) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(program) {
        match payload.unwrap() {
            Payload::CodeSectionEntry(body) => {
                let instructions = body.get_operators_reader().unwrap().into_iter();
                bodies.push(instructions.map(|one: wasmparser::Result<Operator<'_>>| format!("{:?}", one.unwrap())).collect());
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Reloc(relocations) = section.as_known() {
                    offsets.extend(relocations.entries().into_iter().map(|entry| entry.unwrap().offset));
                }
            }
            _ => {}
        }
    }
    (bodies, offsets)
}

#[test]
fn what_nobody_calls_is_emptied_and_refers_to_nothing_and_all_else_stays() {
    let before = program();
    let (bodies, offsets) = seen(&before);
    assert_eq!((bodies[0] == bodies[1], bodies[2] == bodies[3], offsets), (true, true, vec![4, 10, 16, 22]));
    let (after, emptied) = leave_out(&before).unwrap();
    let (left, offsets) = seen(&after);
    assert_eq!((emptied, offsets), (2, vec![4, 22]));
    assert_eq!((&left[0], &left[3]), (&bodies[0], &bodies[3]));
    assert_eq!(left[1].first().map(String::as_str), Some("Unreachable"));
    assert!(left[1][1..].iter().all(|one| one == "Nop" || one == "End"), "{left:?}");
    assert_eq!(left[2], ["I32Const { value: 0 }", "Nop", "End"]);
    assert!(leave_out(b"\0asm").is_err());
}
