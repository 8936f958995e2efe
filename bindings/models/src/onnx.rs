//! What an ONNX file says about itself, read before any engine sees it: names and shapes of what goes in and out, its nodes, and what no engine here
//! is given. Weights are stepped over, not read.
//!
//! Two things are refused. Weights in other files: a manifest's sha256 would not cover them. And quantised networks: engines round them in ways of
//! their own and differ by up to 0.44 of 1, so that a cached picture would depend on who drew it.

use std::collections::BTreeSet;

use crate::protobuf::{Fields, Wire};

/// A side of a shape: a number, or any.
pub(crate) type Side = Option<usize>;

/// A network from outside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Outline {
    /// What goes in, without weights.
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    /// In the order of the file, which ONNX demands to be one in which they can run.
    pub(crate) nodes: Vec<Node>,
    /// Names of weights.
    pub(crate) weights: BTreeSet<String>,
}

/// What goes in or comes out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Port {
    pub(crate) name: String,
    /// ONNX's number of the type; 1 is `float32`, 2 `uint8`.
    pub(crate) dtype: u64,
    /// Nothing where the file does not say.
    pub(crate) shape: Option<Vec<Side>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Node {
    pub(crate) op: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    /// A loop or a branch: what runs in it may need values from outside that are not listed.
    pub(crate) has_graphs: bool,
}

pub(crate) const FLOAT32: u64 = 1;
pub(crate) const UINT8: u64 = 2;

/// Graphs inside of graphs.
const MAX_DEPTH: usize = 8;

/// Reads an ONNX file; the error is a sentence.
pub(crate) fn outline(file: &[u8]) -> Result<Outline, String> {
    let broken = || "a model's file must be ONNX and whole, found something else".to_owned();
    let mut graph = None;
    for field in Fields::new(file) {
        if let (7, Wire::Bytes(bytes)) = field.ok_or_else(broken)? {
            graph = Some(bytes);
        }
    }
    let mut outline = Outline::default();
    read_graph(graph.ok_or_else(broken)?, 0, &mut outline)?.ok_or_else(broken)?;
    outline.inputs.retain(|input| !outline.weights.contains(&input.name));
    if outline.outputs.is_empty() || outline.nodes.is_empty() {
        return Err(broken());
    }
    for port in outline.inputs.iter().chain(&outline.outputs) {
        if port.shape.iter().flatten().any(|side| *side == Some(0)) {
            return Err(format!("a side must be 1 or more, found {:?} of {:?}", port.shape, short(&port.name)));
        }
    }
    Ok(outline)
}

/// `Ok(None)` where the bytes are no graph.
fn read_graph(bytes: &[u8], depth: usize, outline: &mut Outline) -> Result<Option<()>, String> {
    if depth > MAX_DEPTH {
        return Err(format!("a model's graphs must lie at most {MAX_DEPTH} inside of each other, found more"));
    }
    for field in Fields::new(bytes) {
        let Some((number, wire)) = field else { return Ok(None) };
        let Some(bytes) = wire.bytes() else { continue };
        let whole = match number {
            1 => read_node(bytes, depth, outline)?,
            5 => read_weights(bytes)?.map(|name| {
                outline.weights.insert(name);
            }),
            11 if depth == 0 => read_port(bytes).map(|port| outline.inputs.push(port)),
            12 if depth == 0 => read_port(bytes).map(|port| outline.outputs.push(port)),
            15 => return Err("a model must be dense, found sparse weights".into()),
            _ => Some(()),
        };
        if whole.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(()))
}

fn read_node(bytes: &[u8], depth: usize, outline: &mut Outline) -> Result<Option<()>, String> {
    let mut node = Node::default();
    for field in Fields::new(bytes) {
        let Some((number, wire)) = field else { return Ok(None) };
        match (number, wire) {
            (1, _) => node.inputs.extend(wire.text().map(str::to_owned)),
            (2, _) => node.outputs.extend(wire.text().map(str::to_owned)),
            (4, _) => node.op = wire.text().unwrap_or_default().to_owned(),
            (5, Wire::Bytes(attribute)) => {
                for field in Fields::new(attribute) {
                    let Some((number, wire)) = field else { return Ok(None) };
                    if let (6 | 11, Wire::Bytes(graph)) = (number, wire) {
                        node.has_graphs = true;
                        if read_graph(graph, depth + 1, outline)?.is_none() {
                            return Ok(None);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    if node.op.contains("uantizeLinear") || node.op.starts_with("QLinear") || node.op.ends_with("Integer") {
        return Err(format!("a model must compute in floating point, found the quantised {}", short(&node.op)));
    }
    if depth == 0 {
        outline.nodes.push(node);
    }
    Ok(Some(()))
}

/// The name of some weights, which must be in this file.
fn read_weights(bytes: &[u8]) -> Result<Option<String>, String> {
    let mut name = String::new();
    for field in Fields::new(bytes) {
        match field {
            None => return Ok(None),
            Some((8, wire)) => name = wire.text().unwrap_or_default().to_owned(),
            Some((13, _) | (14, Wire::Number(1))) => {
                return Err("a model's weights must be in its own file, found them in another one".into());
            }
            Some(_) => {}
        }
    }
    Ok(Some(name))
}

fn read_port(bytes: &[u8]) -> Option<Port> {
    let mut port = Port::default();
    for field in Fields::new(bytes) {
        match field? {
            (1, wire) => port.name = wire.text()?.to_owned(),
            (2, wire) => {
                // TypeProto; its field 1 is a tensor's type, the others are sequences and maps.
                for field in Fields::new(wire.bytes()?) {
                    if let (1, Wire::Bytes(tensor)) = field? {
                        read_tensor_type(tensor, &mut port)?;
                    }
                }
            }
            _ => {}
        }
    }
    Some(port)
}

fn read_tensor_type(bytes: &[u8], port: &mut Port) -> Option<()> {
    for field in Fields::new(bytes) {
        match field? {
            (1, Wire::Number(dtype)) => port.dtype = dtype,
            (2, Wire::Bytes(shape)) => {
                let sides = Fields::new(shape).map(|field| side(field?.1.bytes()?)).collect::<Option<Vec<_>>>()?;
                port.shape = Some(sides);
            }
            _ => {}
        }
    }
    Some(())
}

/// Outside whether it is whole, inside a number or any.
fn side(bytes: &[u8]) -> Option<Side> {
    let mut side = None;
    for field in Fields::new(bytes) {
        if let (1, Wire::Number(number)) = field? {
            // -1 is how some exporters write any.
            side = usize::try_from(number).ok().filter(|side| i64::try_from(*side).is_ok());
        }
    }
    Some(side)
}

/// Of somebody else's text, what a message shows.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A field of bytes, as protocol buffers write it; short ones only.
    pub(crate) fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).unwrap();
        assert!(length < 128);
        [&[number << 3 | 2, length], bytes].concat()
    }

    /// A field of text.
    pub(crate) fn text(number: u8, text: &str) -> Vec<u8> {
        field(number, text.as_bytes())
    }

    fn node(op: &str) -> Vec<u8> {
        field(1, &[text(1, "x"), text(2, "y"), text(4, op)].concat())
    }

    fn port(number: u8, name: &str, sides: &[u8]) -> Vec<u8> {
        let shape: Vec<u8> = sides.iter().flat_map(|side| field(1, &[0x08, *side])).collect();
        let tensor = [&[0x08, 1][..], &field(2, &shape)].concat();
        field(number, &[field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat())
    }

    fn model(parts: &[Vec<u8>]) -> Vec<u8> {
        field(7, &parts.concat())
    }

    #[test]
    fn names_and_shapes_are_read() {
        let file = model(&[node("Relu"), field(5, &field(8, b"w")), port(11, "x", &[1, 3]), port(11, "w", &[1]), port(12, "y", &[1, 3])]);
        let outline = outline(&file).unwrap();
        let shape = Some(vec![Some(1), Some(3)]);
        assert_eq!(outline.inputs, [Port { name: "x".into(), dtype: FLOAT32, shape: shape.clone() }]);
        assert_eq!(outline.outputs, [Port { name: "y".into(), dtype: FLOAT32, shape }]);
        assert_eq!(outline.nodes, [Node { op: "Relu".into(), inputs: vec!["x".into()], outputs: vec!["y".into()], has_graphs: false }]);
    }

    #[test]
    fn what_no_engine_is_given() {
        let refused = |parts: &[Vec<u8>]| outline(&model(parts)).unwrap_err();
        let y = port(12, "y", &[1]);
        assert_eq!(
            refused(&[node("DequantizeLinear"), y.clone()]),
            "a model must compute in floating point, found the quantised DequantizeLinear"
        );
        assert_eq!(refused(&[node("ConvInteger"), y.clone()]), "a model must compute in floating point, found the quantised ConvInteger");
        let inner = field(5, &field(6, &node("QLinearConv")));
        let branch = field(1, &[field(4, b"If"), inner].concat());
        assert_eq!(refused(&[branch, y.clone()]), "a model must compute in floating point, found the quantised QLinearConv");
        let elsewhere = field(5, &[&field(8, b"w")[..], &[14 << 3, 1]].concat());
        assert_eq!(refused(&[elsewhere, node("Relu"), y]), "a model's weights must be in its own file, found them in another one");
        assert_eq!(refused(&[node("Relu"), port(12, "y", &[0])]), "a side must be 1 or more, found Some([Some(0)]) of \"y\"");
        let broken = "a model's file must be ONNX and whole, found something else";
        assert_eq!(refused(&[node("Relu")]), broken, "without outputs");
        for bytes in [&b""[..], b"<html>", &[0x3a, 9, 1]] {
            assert_eq!(outline(bytes).unwrap_err(), broken);
        }
    }

    #[test]
    fn every_prefix_of_a_model_is_refused_or_read_without_a_panic() {
        let file = model(&[node("Relu"), port(11, "x", &[1, 3]), port(12, "y", &[1, 3])]);
        for end in 0..file.len() {
            assert!(outline(&file[..end]).is_err(), "{end}");
        }
    }
}
