// Writes src/row/locale/data.rs: how languages write numbers, prices and dates, from CLDR's JSON packages. The same packages give the same bytes.
//
//     node tools/cldr.mjs           writes the tables
//     node tools/cldr.mjs --check   exits with 1 if they are not what it would write
//
// The packages are fetched once with `npm pack` into target/cldr. CLDR's JSON has its inheritance resolved; equal rows are written once here, and of
// a locale's currency marks only those that differ from its parent's.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = { 'cldr-core': '48.1.0', 'cldr-numbers-full': '48.1.0', 'cldr-dates-full': '48.1.0' };
// ICU 78 has no data of their own for these, so nothing can be compared: a variant is written as its language, the others are not claimed.
const LEFT_OUT = ['be-tarask', 'ca-ES-valencia', 'el-polyton', 'ht', 'nb-SJ', 'sr-Cyrl-ME', 'zh-Latn'];

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const store = path.join(root, 'target', 'cldr');
const file = path.join(root, 'src', 'row', 'locale', 'data.rs');

for (const [name, version] of Object.entries(PACKAGES)) {
  const folder = path.join(store, `${name}-${version}`);
  if (fs.existsSync(path.join(folder, 'package.json'))) continue;
  fs.mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['pack', '--silent', `${name}@${version}`], { cwd: store, stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('tar', ['xzf', `${name}-${version}.tgz`, '-C', folder, '--strip-components=1'], { cwd: store });
}

const files = new Map();
function read(name, inner) {
  const at = path.join(store, `${name}-${PACKAGES[name]}`, inner);
  if (!files.has(at)) files.set(at, JSON.parse(fs.readFileSync(at, 'utf8')));
  return files.get(at);
}
const supplemental = inner => read('cldr-core', `supplemental/${inner}.json`).supplemental;
const numbersOf = tag => read('cldr-numbers-full', `main/${tag}/numbers.json`).main[tag].numbers;
const currenciesOf = tag => read('cldr-numbers-full', `main/${tag}/currencies.json`).main[tag].numbers.currencies;
const calendarOf = tag => read('cldr-dates-full', `main/${tag}/ca-gregorian.json`).main[tag].dates.calendars.gregorian;

// Locales: those of CLDR's coverage level "modern", which a region has from its parent.
const coverage = read('cldr-core', 'coverageLevels.json').coverageLevels;
const parents = supplemental('parentLocales').parentLocales.parentLocale;
const parent = tag => parents[tag] ?? (tag.includes('-') ? tag.slice(0, tag.lastIndexOf('-')) : 'und');
const isModern = tag => tag !== 'und' && (coverage[tag] ? coverage[tag] === 'modern' : isModern(parent(tag)));
const tags = read('cldr-core', 'availableLocales.json').availableLocales.full.filter(tag => isModern(tag) && !LEFT_OUT.includes(tag)).sort(byBytes);
const parentOf = tag => (tags.includes(parent(tag)) ? parent(tag) : 'und');
const languages = [...new Set(tags.map(tag => tag.split('-')[0]))];

// Currencies: all that some country has or had.
const currencyData = supplemental('currencyData').currencyData;
const likely = supplemental('likelySubtags').likelySubtags;
const codes = [...new Set(Object.entries(currencyData.region).flatMap(([region, list]) => (region === 'ZZ' ? [] : list.flatMap(Object.keys))))].sort(byBytes);
const inUse = new Set(Object.values(currencyData.region).flatMap(list => list.flatMap(Object.entries)).filter(([, of]) => !of._to && of._tender !== 'false').map(([code]) => code));
const decimals = code => Number((currencyData.fractions[code] ?? currencyData.fractions.DEFAULT)._digits);

// Rows, each written once.
const rows = () => ({ list: [], known: new Map() });
const put = (table, row) => {
  const key = JSON.stringify(row);
  if (!table.known.has(key)) table.known.set(key, table.list.push(row) - 1);
  return table.known.get(key);
};
const [numbers, marks, names, owns] = [rows(), rows(), rows(), rows()];
put(owns, null);

const systems = supplemental('numberingSystems').numberingSystems;
const symbolChars = new Set();

// A pattern as its positive and negative form with `#` for the number and `-` for the minus, and how it groups.
function pattern(text) {
  const [positive, negative] = text.split(';');
  const digits = /[#0][#0,.]*/;
  const sizes = positive.match(digits)[0].split('.')[0].split(',').slice(1).map(part => part.length);
  const grouping = { 3: 'Thousands', '2,3': 'Lakh' }[sizes.join()];
  if (!grouping) throw new Error(`unknown grouping in ${text}`);
  if (/['"+]/.test(text)) throw new Error(`a pattern with quotes or a plus: ${text}`);
  const plain = form => form.replace(digits, '#');
  const own = negative && plain(negative) !== `-${plain(positive)}` ? plain(negative) : '';
  return { positive: plain(positive), negative: own, grouping };
}

function numberRow(tag) {
  const all = numbersOf(tag);
  const system = all.defaultNumberingSystem;
  const symbols = all[`symbols-numberSystem-${system}`];
  const money = pattern(all[`currencyFormats-numberSystem-${system}`].standard);
  const number = pattern(all[`decimalFormats-numberSystem-${system}`].standard);
  const percent = pattern(all[`percentFormats-numberSystem-${system}`].standard);
  if (number.positive !== '#' || percent.negative) throw new Error(`unknown patterns in ${tag}`);
  return {
    zero: [...systems[system]._digits][0], point: symbols.decimal, group: symbols.group, minus: symbols.minusSign, least: Number(all.minimumGroupingDigits),
    grouping: number.grouping, percent: percent.positive.replace('%', symbols.percentSign), percent_grouping: percent.grouping,
    price: money.positive, negative: money.negative, price_point: symbols.currencyDecimal ?? symbols.decimal,
    price_group: symbols.currencyGroup ?? symbols.group, price_grouping: money.grouping,
  };
}

// As ICU: where the currency of the locale's country is written in a way of its own, so are all prices (en-DE writes ₹1,234.50 as €1,234.50).
function numberRowOfCountry(tag) {
  const row = numberRow(tag);
  const own = ownWay(tag, currencyOf(tag));
  if (!own) return row;
  const [price, negative, price_point, price_group, price_grouping] = own;
  return { ...row, price, negative, price_point, price_group, price_grouping };
}
function currencyOf(tag) {
  const [language, ...rest] = tag.split('-');
  const region = rest.find(part => /^([A-Z]{2}|\d{3})$/.test(part)) ?? (likely[tag] ?? likely[language]).split('-').at(-1);
  return (currencyData.region[region] ?? []).flatMap(Object.entries).find(([, of]) => !of._to && of._tender !== 'false')?.[0];
}

// How a locale writes one currency where it differs: pattern, negative pattern, point, group, grouping. As in ICU, what CLDR leaves open is filled
// in where the difference is stated, and inherited so.
function ownWay(tag, code) {
  const raw = of => ['pattern', 'decimal', 'group'].map(key => currenciesOf(of)[code]?.[key]);
  const [form, decimal, group] = raw(tag);
  if (!form && !decimal && !group) return null;
  const above = parentOf(tag);
  if (above !== 'und' && String(raw(above)) === String(raw(tag))) {
    // A mark of its own leaves nothing of the rest.
    return currenciesOf(tag)[code].symbol === currenciesOf(above)[code].symbol ? ownWay(above, code) : null;
  }
  const row = numberRow(tag);
  const { positive, negative, grouping } = form ? pattern(form) : { positive: row.price, negative: row.negative, grouping: row.price_grouping };
  return [positive, negative, decimal ?? row.price_point, group ?? row.price_group, grouping];
}

// A locale's marks: code, standard, narrow, own pattern.
const marksByTag = new Map();
function marksOf(tag) {
  if (marksByTag.has(tag)) return marksByTag.get(tag);
  const all = currenciesOf(tag);
  const found = {};
  for (const code of codes) {
    const it = all[code] ?? {};
    const standard = it.symbol ?? code;
    const narrow = it['symbol-alt-narrow'] ?? standard;
    const way = tag === 'und' ? null : ownWay(tag, code);
    const own = way ? put(owns, way) : 0;
    found[code] = [standard, narrow, own];
    for (const mark of [standard, narrow]) {
      for (const c of [[...mark][0], [...mark].at(-1)]) if (/[\p{S}\p{Z}]/u.test(c)) symbolChars.add(c);
    }
  }
  marksByTag.set(tag, found);
  return found;
}
const plain = code => [code, code, 0];
const markRows = new Map();
function markRow(tag) {
  if (markRows.has(tag)) return markRows.get(tag);
  const own = marksOf(tag);
  const above = tag === 'und' ? null : parentOf(tag);
  const from = above ? markRow(above) : null;
  const before = above ? marksOf(above) : Object.fromEntries(codes.map(code => [code, plain(code)]));
  const entries = codes.filter(code => String(own[code]) !== String(before[code])).map(code => [code, ...own[code]]);
  const row = above && entries.length === 0 ? from : put(marks, { from, entries });
  markRows.set(tag, row);
  return row;
}

function nameRow(tag) {
  const { months, days, dayPeriods } = calendarOf(tag);
  const order = [['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'], Array.from({ length: 12 }, (_, i) => String(i + 1))];
  const list = (of, keys) => {
    const text = keys.map(key => of[key]).join('|');
    if (text.split('|').length !== keys.length) throw new Error(`names of ${tag} hold a bar`);
    return text;
  };
  const lists = (of, keys) => {
    const [wide, short] = [list(of.format.wide, keys), list(of.format.abbreviated, keys)];
    const [lone, loneShort] = [list(of['stand-alone'].wide, keys), list(of['stand-alone'].abbreviated, keys)];
    return [wide, short, lone === wide ? '' : lone, loneShort === short ? '' : loneShort];
  };
  return [...lists(months, order[1]), ...lists(days, order[0]), list(dayPeriods.format.abbreviated, ['am', 'pm'])];
}

markRow('und');
const rowsOfTags = tags.map(tag => [tag, put(numbers, numberRowOfCountry(tag)), markRow(tag), put(names, nameRow(tag))]);

// Scripts: that of a language, and those of regions that write it in another.
const scripts = languages.map(language => [language, likely[language].split('-')[1]]);
const scriptOf = Object.fromEntries(scripts);
const regional = Object.entries(likely)
  .map(([from, to]) => [from, to.split('-')[1]])
  .filter(([from, script]) => /^[a-z]+-([A-Z]{2}|\d{3})$/.test(from) && scriptOf[from.split('-')[0]] && scriptOf[from.split('-')[0]] !== script)
  .sort((a, b) => byBytes(a[0], b[0]));
// Tags that are written often and have no row of their own: a language with its usual country, and with the countries above.
const also = [...languages.map(language => [`${language}-${likely[language].split('-')[2]}`, language]), ...regional.map(([from, script]) => [from, `${from.split('-')[0]}-${script}`])]
  .map(([from, to]) => [from, tags.includes(`${to}-${from.split('-')[1]}`) ? `${to}-${from.split('-')[1]}` : to])
  .filter(([from, to]) => !tags.includes(from) && tags.includes(to))
  .sort((a, b) => byBytes(a[0], b[0]));
const aliases = Object.entries(supplemental('aliases').metadata.alias.languageAlias)
  .map(([from, to]) => [from, to._replacement])
  .filter(([from, to]) => /^[a-z]{2,3}$/.test(from) && /^[a-z]{2,3}(-[A-Z][a-z]{3})?$/.test(to) && scriptOf[to.split('-')[0]] && !scriptOf[from])
  .sort((a, b) => byBytes(a[0], b[0]));

// Signs in prices that are read: all marks of all locales, in small letters, without their last dot, and what they may mean.
const signs = new Map();
for (const tag of ['und', ...tags]) {
  for (const [code, [standard, narrow]] of Object.entries(marksOf(tag))) {
    for (const mark of [standard, narrow]) {
      const sign = mark.replace(/[\u200b-\u200f\u061c]/g, '').replace(/\s/g, ' ').toLowerCase().replace(/\.$/, '');
      if (sign && !codes.includes(sign.toUpperCase())) signs.set(sign, (signs.get(sign) ?? new Set()).add(code));
    }
  }
}

// The file.
function byBytes(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
const escaped = c => (/[\p{Z}\p{C}\p{M}]/u.test(c) && c !== ' ' ? `\\u{${c.codePointAt(0).toString(16)}}` : c === '"' || c === '\\' ? `\\${c}` : c);
// Marks stay as they are inside words; alone, a mark or an invisible character is spelled out.
const text = value => `"${[...value].map((c, i) => (/\p{M}/u.test(c) && i > 0 ? c : escaped(c))).join('')}"`;
const char = value => `'${value === "'" ? "\\'" : escaped(value)}'`;
const lines = [];
const say = (...more) => lines.push(...more);
say(
  `//! CLDR ${PACKAGES['cldr-core'].split('.')[0]}: how ${tags.length} locales of ${languages.length} languages write numbers, prices and dates. Written by \`tools/cldr.mjs\`; not edited.`,
  '//!',
  '//! Unicode-3.0, copyright 1991-2025 Unicode, Inc.; see NOTICE.',
  '',
  'use crate::row::locale::table::{Grouping::{Lakh, Thousands}, Mark, Marks, Names, Numbers, Own, Tag};',
  '',
);
const table = (doc, name, type, entries) => {
  say(`/// ${doc}`, `pub(super) static ${name}: [${type}; ${entries.length}] = [`, ...entries.map(entry => `    ${entry},`), '];', '');
};
table('All locales, by tag: their rows of the tables below.', 'TAGS', 'Tag', rowsOfTags.map(([tag, ...at]) => `Tag(${text(tag)}, ${at.join(', ')})`));
table('How numbers and prices are written.', 'NUMBERS', 'Numbers', numbers.list.map(row =>
  `Numbers { ${Object.entries(row).map(([key, value]) => `${key}: ${key === 'zero' ? char(value) : /grouping/.test(key) || key === 'least' ? value : text(value)}`).join(', ')} }`));
table('Marks of currencies where they differ from those of the row above: code, standard, narrow, own way of writing.', 'MARKS', 'Marks', marks.list.map(row =>
  `Marks(${row.from === null ? 'None' : `Some(${row.from})`}, &[${row.entries.map(([code, standard, narrow, own]) => `Mark(*b"${code}", ${text(standard)}, ${text(narrow)}, ${own})`).join(', ')}])`));
table('Prices of one currency that are not written as the locale\'s others: price, negative price, point, group, grouping.', 'OWN', 'Own', owns.list.slice(1).map(row =>
  `Own { price: ${text(row[0])}, negative: ${text(row[1])}, point: ${text(row[2])}, group: ${text(row[3])}, grouping: ${row[4]} }`));
table('Months, short, standing alone, standing alone and short; weekdays from Sunday likewise; before and after noon.', 'NAMES', 'Names', names.list.map(row =>
  `Names([${row.map(text).join(', ')}])`));
table('Tags without a row of their own that are written often.', 'ALSO', '(&str, &str)', also.map(pair => `(${pair.map(text).join(', ')})`));
table('The script of each language.', 'SCRIPTS', '(&str, &str)', scripts.sort((a, b) => byBytes(a[0], b[0])).map(pair => `(${pair.map(text).join(', ')})`));
table('Regions that write a language in another script.', 'REGIONS', '(&str, &str)', regional.map(pair => `(${pair.map(text).join(', ')})`));
table('Other codes of languages.', 'ALIASES', '(&str, &str)', aliases.map(pair => `(${pair.map(text).join(', ')})`));
table('Currencies, how many decimals their prices have, and whether some country uses them.', 'CURRENCIES', '([u8; 3], u8, bool)', codes.map(code => `(*b"${code}", ${decimals(code)}, ${inUse.has(code)})`));
const bySign = [...signs].map(([sign, of]) => [sign, [...of].filter(code => inUse.has(code) || ![...of].some(other => inUse.has(other))).sort(byBytes).join(' ')]).sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])));
table('Signs in prices that are read, in small letters, and the currencies they may mean: those in use, if there are any.', 'SIGNS', '(&str, &str)', bySign.map(pair => `(${pair.map(text).join(', ')})`));
say('/// Symbols and spaces at an end of a mark: a number stands close to them.', `pub(super) const SYMBOLS: &str = ${text([...symbolChars].sort(byBytes).join(''))};`);
const written = `${lines.join('\n')}\n`;

if (process.argv.includes('--check')) {
  if (fs.readFileSync(file, 'utf8') !== written) {
    console.error('src/row/locale/data.rs is not what tools/cldr.mjs writes: run it');
    process.exit(1);
  }
  console.log(`src/row/locale/data.rs is what tools/cldr.mjs writes: ${tags.length} locales`);
} else {
  fs.writeFileSync(file, written);
  console.log(`${tags.length} locales of ${languages.length} languages, ${numbers.list.length} ways of numbers, ${marks.list.length} of marks, ${names.list.length} of names, ${codes.length} currencies; ${written.length} characters`);
}
