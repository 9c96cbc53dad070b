/**
 * CPF, the Brazilian taxpayer number: nine digits and two check digits, each a weighted sum modulo 11 (Receita
 * Federal, Instrução Normativa RFB 2.172/2024). Written `123.456.789-09` or `12345678909`.
 */

/** The eleven digits of a CPF written with or without punctuation; undefined when it is not of that form. */
export function cpfDigits(text: string): string | undefined {
  const digits = text.replace(/[.\-\s/]/g, '');
  return /^\d{11}$/.test(digits) ? digits : undefined;
}

function checkDigit(digits: string): number {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    sum += Number(digits[index]) * (digits.length + 1 - index);
  }
  const rest = (sum * 10) % 11;
  return rest === 10 ? 0 : rest;
}

/** Whether both check digits are right. Eleven equal digits pass the sum and are never issued: not valid. */
export function isValidCpf(digits: string): boolean {
  if (!/^\d{11}$/.test(digits) || /^(\d)\1{10}$/.test(digits)) return false;
  return (
    checkDigit(digits.slice(0, 9)) === Number(digits[9]) &&
    checkDigit(digits.slice(0, 10)) === Number(digits[10])
  );
}

/** The `index`-th of a sequence of distinct valid CPFs (index 0 … 899,999,999). */
export function cpfAt(index: number): string {
  const base = String(100_000_000 + (index % 900_000_000));
  const first = base + checkDigit(base);
  const cpf = first + checkDigit(first);
  // Nine equal digits would make the one sequence that is never issued.
  return isValidCpf(cpf) ? cpf : cpfAt(index + 450_000_001);
}
