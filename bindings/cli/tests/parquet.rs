//! Feeds in Parquet, from outside.

mod common;

use common::{CARD, Room};

#[cfg(not(feature = "parquet"))]
#[test]
fn a_program_without_parquet_says_so() {
    let room = Room::new("no-parquet");
    room.file("t.json", CARD);
    room.file("f.parquet", b"PAR1");
    let said = room.says(1, &["feed", "t.json", "f.parquet", "--out", "out"]);
    assert!(said.contains("f.parquet: ") && said.contains("built without the feature parquet"), "{said}");
}

#[cfg(feature = "parquet")]
#[test]
fn rows_of_parquet_are_drawn() {
    use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
    use std::sync::Arc;
    let schema = "message feed { required binary id (UTF8); optional binary tint (UTF8); required int64 price (DECIMAL(18,2)); required int32 day (DATE); }";
    let schema = Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let room = Room::new("parquet");
    let file = std::fs::File::create(room.0.join("f.parquet")).unwrap();
    let mut writer = parquet::file::writer::SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    for (ids, tints, level) in [(["a", "b"], vec!["#ff0000", "reddish"], [1, 1]), (["c", "d"], vec!["#0000ff"], [1, 0])] {
        let mut group = writer.next_row_group().unwrap();
        let bytes = |texts: &[&str]| texts.iter().map(|t| ByteArray::from(*t)).collect::<Vec<_>>();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&bytes(&ids), None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&bytes(&tints), Some(&level), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[-5, 123_456_789_012_345_678], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&[20_787, i32::MAX], None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
    room.file(
        "t.json",
        CARD.replacen("\"fields\"", "\"skip-if\": \"'{{ price }} {{ day }}' if price < 0\", \"fields\"", 1).replacen(
            "\"tint\":",
            "\"price\": { \"type\": \"number\" }, \"day\": { \"type\": \"date\" }, \"tint\":",
            1,
        ),
    );
    let said = room.says(1, &["feed", "t.json", "f.parquet", "--out", "out"]);
    assert!(said.contains("4 rows: 0 drawn, 0 unchanged, 2 failed, 2 skipped"), "{said}");
    assert!(said.contains("row 2: column day: a date must lie in the years"), "{said}");
}
