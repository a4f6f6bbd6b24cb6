// ── numbers as text ──

const Numbers = {
  // Of JSON, which has no nan and no ∞.
  read: (x) => (typeof x === "number" ? x : { nan: NaN, inf: Infinity, "-inf": -Infinity }[x]),

  finite: (numbers) => {
    for (const x of numbers) if (!isFinite(x)) return false;
    return true;
  },

  // As Python's format "g", with a true minus sign.
  write(x, digits) {
    if (isNaN(x)) return "nan";
    if (!isFinite(x)) return x > 0 ? "∞" : "−∞";
    if (x === 0) return "0";
    let [mantissa, power] = x.toExponential(digits - 1).split("e");
    // A tie is rounded to the even digit. Only a number that ends with a 5 can be one.
    if (/50*(e|$)/.test(String(x)) && /^50*e/.test(Math.abs(x).toExponential(digits + 40).replace(".", "").slice(digits))) {
      const down = Math.abs(x).toExponential(digits).replace(/\.?5e/, "e");
      if (Number(down.at(down.indexOf("e") - 1)) % 2 === 0) [mantissa, power] = `${x < 0 ? "-" : ""}${down}`.split("e");
    }
    const e = Number(power);
    const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
    const text = e < -4 || e >= digits
      ? `${trimmed(mantissa)}e${e}`
      : trimmed(Number(`${mantissa}e${power}`).toFixed(Math.max(0, digits - 1 - e)));
    return text.replaceAll("-", "−");
  },

  // With as many digits as there is room for.
  fit(x, digits, room) {
    let text = Numbers.write(x, digits);
    for (let k = digits - 1; k > 0 && text.length > room; k--) text = Numbers.write(x, k);
    return text;
  },

  // What someone typed: a comma or a true minus sign is fine. NaN if it is no number.
  parse(text) {
    const plain = text.trim().replace("−", "-").replace(/^(-?\d*),(\d+)$/, "$1.$2").replace("∞", "Infinity");
    return plain === "" ? NaN : plain === "nan" ? NaN : Number(plain);
  },

  // Without the digits that 0.1 + 0.2 leaves over.
  tidy: (x) => Number(x.toPrecision(12)),

  // A round number near a size: 1, 2 or 5 times a power of ten.
  round(size) {
    const ten = 10 ** Math.floor(Math.log10(size || 1));
    return ten * [1, 2, 5, 10].find((m) => m * ten >= size * 0.999);
  },
};
