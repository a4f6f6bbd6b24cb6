// The parameters as an array of floats.
function asTheta(given) {
  const what = "theta: expected an array of one number for each parameter";
  return asNumbers(given, what, parameters.length, (k) => `theta, entry ${k} (${parameters[k]})`);
}

// An array of floats: given itself if it is a Float64Array, else a copy of its numbers.
function asNumbers(given, what, length, entry) {
  const isArray = Array.isArray(given) || (ArrayBuffer.isView(given) && "length" in given);
  if (!isArray) throw new TypeError(`${what}, got ${described(given)}`);
  if (length !== undefined && given.length !== length) {
    throw new RangeError(`${what}, ${length} in all, got ${given.length}`);
  }
  if (given instanceof Float64Array) return given;
  const numbers = new Float64Array(given.length);
  for (let k = 0; k < given.length; k++) {
    if (typeof given[k] !== "number") {
      throw new TypeError(`${entry(k)}: expected a number, got ${described(given[k])}`);
    }
    numbers[k] = given[k];
  }
  return numbers;
}

function described(thing) {
  if (thing === null || thing === undefined || typeof thing === "number") return String(thing);
  if (typeof thing === "string") return `the string ${JSON.stringify(thing.slice(0, 40))}`;
  return Array.isArray(thing) ? "an array" : `a value of type ${typeof thing}`;
}

// A column of numbers for each input, and how many rows there are.
function asColumns(given) {
  const args = argumentsOf(given);
  const found = [];
  const lengths = [];
  args.forEach((thing, k) => {
    const { name, shape } = COLUMNS[k];
    if (shape.length === 0) {
      const what = `column ${name}: expected an array of one number for each row`;
      found.push(asNumbers(thing, what, undefined, (row) => `column ${name}, row ${row}`));
      lengths.push(found[found.length - 1].length);
    } else {
      const rows = unpacked(thing, shape, name);
      const size = shape.reduce((a, b) => a * b, 1);
      for (let i = 0; i < size; i++) found.push(Float64Array.from(rows, (row) => row[i]));
      lengths.push(rows.length);
    }
  });
  if (lengths.some((length) => length !== lengths[0])) {
    const all = lengths.map((length, k) => `${columns[k]} ${length}`).join(", ");
    throw new RangeError(`columns: expected as many rows in each, got different lengths: ${all}`);
  }
  if (lengths[0] === 0) throw new RangeError("columns: expected at least one row, got none");
  return [found, lengths.length ? lengths[0] : 1];
}

// What was given for each column, by place or by name.
function argumentsOf(given) {
  const wanted = `one column for each input (${columns.join(", ") || "none"})`;
  if (given === undefined && columns.length === 0) return [];
  if (Array.isArray(given)) {
    if (given.length === columns.length) return given;
    throw new RangeError(`columns: expected ${wanted}, got an array of ${given.length}`);
  }
  if (given === null || typeof given !== "object" || ArrayBuffer.isView(given)) {
    const got = ArrayBuffer.isView(given) ? "an array of numbers" : described(given);
    throw new TypeError(`columns: expected ${wanted}, in an array or an object, got ${got}`);
  }
  const has = (name) => Object.prototype.hasOwnProperty.call(given, name);
  const missing = columns.filter((name) => !has(name));
  const unexpected = Object.keys(given).filter((name) => !columns.includes(name));
  if (missing.length || unexpected.length) {
    const got = [
      ...(missing.length ? [`missing ${missing.join(", ")}`] : []),
      ...(unexpected.length ? [`unexpected ${unexpected.join(", ")}`] : []),
    ];
    throw new RangeError(`columns: expected ${wanted}, got ${got.join(" and ")}`);
  }
  return columns.map((name) => given[name]);
}

// The numbers of each row, where each row has an array of that shape.
function unpacked(given, shape, name) {
  const lengths = ["rows", ...shape].join(" x ");
  const what = `column ${name}: expected nested arrays of ${lengths} numbers`;
  const isArray = (thing) => Array.isArray(thing) || ArrayBuffer.isView(thing);
  if (!isArray(given)) throw new TypeError(`${what}, got ${described(given)}`);
  return Array.from(given, (row, k) => {
    let flat = [row];
    for (const length of shape) {
      if (!flat.every((part) => isArray(part) && part.length === length)) {
        throw new RangeError(`${what}, got something else in row ${k}`);
      }
      flat = flat.flatMap((part) => Array.from(part));
    }
    return asNumbers(flat, what, undefined, () => `column ${name}, row ${k}`);
  });
}

// Raises an error unless the index is a position in a list of that many values.
function checkIndex(index, count, row, use, name) {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  const advice = index < 0 ? "; negative indices do not count from the end" : "";
  const where = columns.length ? `${use}, row ${row}, ${name}` : `${use}, ${name}`;
  throw new RangeError(
    `${where}: expected a whole number from 0 to ${count - 1}, got ${index}${advice}`
  );
}
