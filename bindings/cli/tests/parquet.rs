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
mod with {
    use super::*;

    use std::sync::Arc;

    use parquet::basic::{Compression, GzipLevel};
    use parquet::data_type::{
        BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, FloatType, Int32Type, Int64Type, Int96,
        Int96Type,
    };
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    /// The values of one column in one row group.
    enum Column {
        Bool(&'static [bool]),
        Int(&'static [i32]),
        Long(&'static [i64]),
        Days(&'static [[u32; 3]]),
        Float(&'static [f32]),
        Double(&'static [f64]),
        Text(&'static [&'static str]),
        Bytes(&'static [&'static [u8]]),
        Fixed(Vec<Vec<u8>>),
    }
    use Column::*;

    /// A column with how far each value is defined, and where it repeats.
    type Part = (Column, Option<&'static [i16]>, Option<&'static [i16]>);

    fn all(column: Column) -> Part {
        (column, None, None)
    }

    fn write(room: &Room, name: &str, schema: &str, codec: Compression, groups: Vec<Vec<Part>>) {
        let schema = Arc::new(parse_message_type(&format!("message feed {{ {schema} }}")).unwrap());
        let told = Arc::new(WriterProperties::builder().set_compression(codec).build());
        let file = std::fs::File::create(room.0.join(name)).unwrap();
        let mut writer = SerializedFileWriter::new(file, schema, told).unwrap();
        for columns in groups {
            let mut group = writer.next_row_group().unwrap();
            for (column, defined, repeats) in columns {
                let mut to = group.next_column().unwrap().unwrap();
                match column {
                    Bool(values) => to.typed::<BoolType>().write_batch(values, defined, repeats),
                    Int(values) => to.typed::<Int32Type>().write_batch(values, defined, repeats),
                    Long(values) => to.typed::<Int64Type>().write_batch(values, defined, repeats),
                    Days(values) => {
                        let values: Vec<Int96> = values.iter().map(|parts| Int96::from(parts.to_vec())).collect();
                        to.typed::<Int96Type>().write_batch(&values, defined, repeats)
                    }
                    Float(values) => to.typed::<FloatType>().write_batch(values, defined, repeats),
                    Double(values) => to.typed::<DoubleType>().write_batch(values, defined, repeats),
                    Text(values) => {
                        let values: Vec<ByteArray> = values.iter().map(|text| ByteArray::from(*text)).collect();
                        to.typed::<ByteArrayType>().write_batch(&values, defined, repeats)
                    }
                    Bytes(values) => {
                        let values: Vec<ByteArray> = values.iter().map(|bytes| ByteArray::from(bytes.to_vec())).collect();
                        to.typed::<ByteArrayType>().write_batch(&values, defined, repeats)
                    }
                    Fixed(values) => {
                        let values: Vec<FixedLenByteArray> = values.into_iter().map(|bytes| ByteArray::from(bytes).into()).collect();
                        to.typed::<FixedLenByteArrayType>().write_batch(&values, defined, repeats)
                    }
                }
                .unwrap();
                to.close().unwrap();
            }
            group.close().unwrap();
        }
        writer.close().unwrap();
    }

    /// What an expression is for each row, and what the program says.
    fn shown(room: &Room, status: i32, feed: &str, expression: &str) -> (Vec<String>, String) {
        room.file("t.json", CARD.replacen("\"fields\"", &format!("\"skip-if\": \"{expression}\", \"fields\""), 1));
        let said = room.says(status, &["feed", "t.json", feed, "--out", "out"]);
        let sheet = room.text("out/index.html");
        let reasons = sheet.split("<i dir=\"auto\">").skip(1).map(|rest| rest.split("</i>").next().unwrap().to_owned());
        (reasons.collect(), said)
    }

    /// The columns as one text, parted by bars.
    fn columns(names: &[&str]) -> String {
        names.iter().map(|name| format!("{name} ~ ''")).collect::<Vec<_>>().join(" ~ '|' ~ ")
    }

    #[test]
    fn numbers_and_texts_keep_every_digit() {
        let room = Room::new("parquet-numbers");
        let schema = "required binary id (UTF8); optional binary word (UTF8); required binary plain; required int32 small (UINT_32); required int64 big; \
                      required int64 huge (UINT_64); required float f; required double d; required boolean ok; required int64 price (DECIMAL(18,2)); \
                      required int32 half (DECIMAL(5,1)); required fixed_len_byte_array(16) exact (DECIMAL(28,5)); required fixed_len_byte_array(16) key (UUID);";
        let exact = |n: i128| n.to_be_bytes().to_vec();
        let group = |word: &'static [&'static str], defined: &'static [i16]| {
            vec![
                all(Text(&["a", "b"])),
                (Text(word), Some(defined), None),
                all(Text(&["Käse \"1\"\n2", "日本"])),
                all(Int(&[-1, 7])),
                all(Long(&[i64::MIN, i64::MAX])),
                all(Long(&[-1, 0])),
                all(Float(&[9.9, -0.5])),
                all(Double(&[0.1, 123_456.789])),
                all(Bool(&[true, false])),
                all(Long(&[-5, 123_456_789_012_345_678])),
                all(Int(&[5, -995])),
                all(Fixed(vec![exact(-1), exact(1_234_567_890_123_456_789_012_345_678)])),
                all(Fixed(vec![(0..16).collect(), vec![0xff; 16]])),
            ]
        };
        let names = [
            "row['word']",
            "row['plain']",
            "row['small']",
            "row['big']",
            "row['huge']",
            "row['f']",
            "row['d']",
            "row['ok']",
            "row['price']",
        ];
        let names = [&names[..], &["row['half']", "row['exact']", "row['key']"]].concat();
        let wanted = |first: &str, second: &str| {
            [
                format!(
                    "{first}|Käse &quot;1&quot; 2|4294967295|-9223372036854775808|18446744073709551615|9.9|0.1|true|-0.05|0.5|-0.00001|00010203-0405-0607-0809-0a0b0c0d0e0f"
                ),
                format!(
                    "{second}|日本|7|9223372036854775807|0|-0.5|123456.789|false|1234567890123456.78|-99.5|12345678901234567890123.45678|ffffffff-ffff-ffff-ffff-ffffffffffff"
                ),
            ]
        };
        for codec in [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::LZ4,
            Compression::LZ4_RAW,
            Compression::GZIP(GzipLevel::default()),
        ] {
            write(&room, "f.parquet", schema, codec, vec![group(&["x"], &[0, 1])]);
            assert_eq!(shown(&room, 0, "f.parquet", &columns(&names)).0, wanted("", "x"), "{codec}");
        }
    }

    #[test]
    fn days_and_times_are_iso() {
        let room = Room::new("parquet-times");
        let schema = "required int32 day (DATE); required int64 ms (TIMESTAMP(MILLIS,true)); required int64 us (TIMESTAMP(MICROS,true)); \
                      required int64 ns (TIMESTAMP(NANOS,true)); required int64 there (TIMESTAMP(MILLIS,false)); required int64 exact (TIMESTAMP(NANOS,false)); \
                      required int64 old (TIMESTAMP_MICROS); required int96 older; required int32 clock (TIME(MILLIS,true)); required int64 tick (TIME(NANOS,false));";
        let group = vec![
            all(Int(&[0, 20_787])),
            all(Long(&[0, -1])),
            all(Long(&[1, 1_796_000_000_000_000])),
            all(Long(&[1, 1_796_000_000_123_456_789])),
            all(Long(&[0, 1_500])),
            all(Long(&[0, 1_796_000_000_123_456_789])),
            all(Long(&[0, 1])),
            // Nanoseconds of a day in two halves, and the Julian day.
            all(Days(&[[0, 0, 2_440_588], [500_000_000, 0, 2_440_589]])),
            all(Int(&[0, 86_399_999])),
            all(Long(&[34_200_000_000_000, 1])),
        ];
        write(&room, "f.parquet", schema, Compression::SNAPPY, vec![group]);
        let names = ["day", "ms", "us", "ns", "there", "exact", "old", "older", "clock", "tick"].map(|name| format!("row['{name}']"));
        let names = names.each_ref().map(String::as_str);
        // In two halves: a reason is cut after 200 characters.
        let zero = "1970-01-01T00:00:00";
        assert_eq!(
            shown(&room, 0, "f.parquet", &columns(&names[..5])).0,
            [
                format!("1970-01-01|{zero}Z|{zero}.000001Z|{zero}.000000001Z|{zero}"),
                "2026-11-30|1969-12-31T23:59:59.999Z|2026-11-30T00:53:20Z|2026-11-30T00:53:20.123456789Z|1970-01-01T00:00:01.5".to_owned(),
            ]
        );
        assert_eq!(
            shown(&room, 0, "f.parquet", &columns(&names[5..])).0,
            [
                format!("{zero}|{zero}Z|{zero}Z|00:00:00|09:30:00"),
                format!("2026-11-30T00:53:20.123456789|{zero}.000001Z|1970-01-02T00:00:00.5Z|23:59:59.999|00:00:00.000000001"),
            ]
        );
    }

    #[test]
    fn lists_structs_and_maps_are_what_json_has_for_them() {
        let room = Room::new("parquet-nested");
        let schema = "optional group tags (LIST) { repeated group list { optional binary element (UTF8); } } \
                      optional group old (LIST) { repeated int32 array; } \
                      optional group pairs (LIST) { repeated group list { required group element { required binary a (UTF8); optional int32 b; } } } \
                      optional group pack { required binary unit (UTF8); optional group size { required int64 w (DECIMAL(9,1)); } } \
                      optional group more (MAP) { repeated group key_value { required binary key (UTF8); optional int32 value; } } \
                      repeated int32 loose;";
        // Rows: all there, nothing there, empty where it can be.
        let group = vec![
            (Text(&["x", "y"]), Some(&[3, 2, 3, 0, 1][..]), Some(&[0, 1, 1, 0, 0][..])),
            (Int(&[1, 2]), Some(&[2, 2, 0, 1]), Some(&[0, 1, 0, 0])),
            (Text(&["p", "q"]), Some(&[2, 2, 0, 1]), Some(&[0, 1, 0, 0])),
            (Int(&[5]), Some(&[2, 3, 0, 1]), Some(&[0, 1, 0, 0])),
            (Text(&["kg", "g"]), Some(&[1, 0, 1]), None),
            (Long(&[15]), Some(&[2, 0, 1]), None),
            (Text(&["k", "l"]), Some(&[2, 2, 0, 1]), Some(&[0, 1, 0, 0])),
            (Int(&[9]), Some(&[3, 2, 0, 1]), Some(&[0, 1, 0, 0])),
            (Int(&[4, 5]), Some(&[1, 1, 0, 0]), Some(&[0, 1, 0, 0])),
        ];
        write(&room, "f.parquet", schema, Compression::LZ4_RAW, vec![group]);
        let lines = concat!(
            r#"{"tags":["x",null,"y"],"old":[1,2],"pairs":[{"a":"p","b":null},{"a":"q","b":5}],"pack":{"unit":"kg","size":{"w":1.5}},"more":{"k":9,"l":null},"loose":[4,5]}"#,
            "\n",
            r#"{"tags":null,"old":null,"pairs":null,"pack":null,"more":null,"loose":[]}"#,
            "\n",
            r#"{"tags":[],"old":[],"pairs":[],"pack":{"unit":"g","size":null},"more":{},"loose":[]}"#,
            "\n",
        );
        room.file("f.jsonl", lines);
        // What is there, and what is null and what empty.
        let expressions = [
            "row['tags'][0] ~ row['tags'][2] ~ (row['tags'] | length) ~ row['old'][1] ~ row['pairs'][1].a ~ row['pairs'][1].b ~ row['pack'].unit \
             ~ row['pack'].size.w ~ row['more'].k ~ (row['loose'] | length) ~ row['loose'][1] if row['old'] | length else 'none'",
            "'is ' ~ ('n' if row['tags'] == null else 't') ~ ('n' if row['old'] == null else 't') ~ \
             ('n' if row['pack'] == null else 't') ~ ('n' if row['more'] == null else 't') ~ ('n' if row['loose'] == null else 't')",
        ];
        for (expression, wanted) in expressions.iter().zip([["xy32q5kg1.5925", "none", "none"], ["is ttttt", "is nnnnt", "is ttttt"]]) {
            let (rows, said) = shown(&room, 0, "f.parquet", expression);
            assert_eq!(rows, wanted, "{said}");
            assert_eq!(shown(&room, 0, "f.jsonl", expression).0, wanted, "the same as JSON Lines");
        }
    }

    #[test]
    fn a_value_that_cannot_be_read_fails_its_row_alone() {
        let room = Room::new("parquet-bad");
        let schema = "required int64 id; required int32 day (DATE); required binary word (UTF8); required double d; \
                      required group parts (LIST) { repeated group list { required binary element (UTF8); } }";
        let group = |ids: &'static [i64]| {
            vec![
                all(Long(ids)),
                all(Int(&[20_787, i32::MAX, 0, 0, 0])),
                all(Bytes(&[b"a", b"b", b"\xff", b"d", b"e"])),
                all(Double(&[1.0, 1.0, 1.0, f64::NAN, 1.0])),
                (Bytes(&[b"a", b"b", b"c", b"d", b"\xfe"]), Some(&[1, 1, 1, 1, 1]), Some(&[0, 0, 0, 0, 0])),
            ]
        };
        write(&room, "f.parquet", schema, Compression::SNAPPY, vec![group(&[1, 2, 3, 4, 5]), group(&[6, 7, 8, 9, 1])]);
        let (rows, said) = shown(&room, 1, "f.parquet", "row['word'] ~ row['day']");
        assert!(said.contains("10 rows: 0 drawn, 0 unchanged, 8 failed, 2 skipped"), "{said}");
        assert_eq!(rows, ["a2026-11-30"; 2]);
        let failures: Vec<&str> = said.lines().filter(|line| line.starts_with("f.parquet:")).collect();
        for (failure, wanted) in failures.iter().zip([
            "f.parquet:2: 2: column day: a date must lie in the years -9999 to 9999",
            "f.parquet:3: 3: column word: must be a text in UTF-8",
            "f.parquet:4: 4: column d: must be a finite number, found NaN",
            "f.parquet:5: 5: column parts: must be a text in UTF-8",
            "f.parquet:7: 7: column day: ",
        ]) {
            assert!(failure.starts_with(wanted), "{failure}\nwants {wanted}");
        }
        assert_eq!(failures.len(), 8, "{said}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let room = Room::new("parquet-broken");
        let schema = "required binary id (UTF8);";
        room.file("t.json", CARD);
        write(&room, "f.parquet", schema, Compression::UNCOMPRESSED, vec![vec![all(Text(&["a", "b"]))]]);
        let whole = room.read("f.parquet");
        let run = |status| room.says(status, &["feed", "t.json", "f.parquet", "--out", "out"]);
        assert!(run(0).contains("2 rows: 2 drawn"));

        for bytes in [&[][..], b"PAR1", &whole[..whole.len() - 9], &whole[..whole.len() / 2], b"id,title\na,b\n"] {
            room.file("f.parquet", bytes);
            let said = run(1);
            assert!(said.contains("f.parquet: the Parquet file is broken or cut off: "), "{said}");
            assert_eq!(room.says(1, &["check", "t.json", "f.parquet"]), said);
        }
        // The end is whole, the page is not.
        let mut torn = whole.clone();
        torn[4..24].fill(0xff);
        room.file("f.parquet", torn);
        let said = run(1);
        assert!(said.contains("f.parquet: ") && said.contains("row 1: the Parquet file is broken or cut off"), "{said}");

        // A codec by another name in the end of the file: Zstandard is 6.
        let footer = whole.len() - 8 - u32::from_le_bytes(whole[whole.len() - 8..][..4].try_into().unwrap()) as usize;
        let reader = |bytes: &[u8]| {
            room.file("g.parquet", bytes);
            let file = std::fs::File::open(room.0.join("g.parquet")).unwrap();
            let reader = parquet::file::serialized_reader::SerializedFileReader::new(file).ok()?;
            use parquet::file::reader::FileReader;
            Some(reader.metadata().row_group(0).column(0).compression().to_string())
        };
        let at = (footer..whole.len() - 8).find(|at| {
            let mut other = whole.clone();
            other[*at] = 12;
            whole[*at] == 0 && reader(&other).is_some_and(|codec| codec.starts_with("ZSTD"))
        });
        let mut other = whole.clone();
        other[at.expect("the codec's byte")] = 12;
        room.file("f.parquet", other);
        let said = run(1);
        assert!(
            said.contains("f.parquet: column id: the compression must be Snappy, LZ4, gzip or none, found ZSTD, which is not built in"),
            "{said}"
        );
    }

    #[test]
    fn a_damaged_byte_never_ends_the_program_early() {
        let room = Room::new("parquet-damaged");
        let schema = "required binary id (UTF8); optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }";
        let group = || vec![all(Text(&["a", "b"])), (Text(&["x", "y"]), Some(&[3, 2, 3][..]), Some(&[0, 1, 0][..]))];
        room.file("t.json", CARD);
        write(&room, "f.parquet", schema, Compression::SNAPPY, vec![group(), group()]);
        let whole = room.read("f.parquet");
        let step: usize = std::env::var("DAMAGE_STEP").ok().map_or(29, |step| step.parse().unwrap());
        for (at, mask) in (0..whole.len()).step_by(step).flat_map(|at| [(at, 0xff), (at, 0x01), (at, 0x80)]) {
            let mut damaged = whole.clone();
            damaged[at] ^= mask;
            room.file("f.parquet", damaged);
            let output = room.run(&["check", "t.json", "f.parquet"]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 1)), "byte {at} ^ {mask:#x}: {:?}\n{said}", output.status);
        }
    }

    #[test]
    fn parquet_is_not_rewritten_but_may_override() {
        let room = Room::new("parquet-override");
        let schema = "required binary id (UTF8); optional binary word (UTF8);";
        write(&room, "o.parquet", schema, Compression::SNAPPY, vec![vec![all(Text(&["a", "b"])), (Text(&["new"]), Some(&[1, 0]), None)]]);
        room.file("f.csv", "id,word\na,old\nb,old\n");
        room.file("t.json", CARD.replacen("\"fields\"", "\"skip-if\": \"row['word']\", \"fields\"", 1));
        room.says(0, &["feed", "t.json", "f.csv", "--override", "o.parquet", "--out", "out"]);
        let sheet = room.text("out/index.html");
        assert!(sheet.contains("<i dir=\"auto\">new</i>") && sheet.contains("<i dir=\"auto\">old</i>"), "{sheet}");
        let said = room.says(2, &["feed", "t.json", "o.parquet", "--out", "out", "--rewrite", "https://a.example/"]);
        assert!(said.contains("--rewrite cannot write Parquet"), "{said}");
    }
}
