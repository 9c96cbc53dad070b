/**
 * CPF, the Brazilian taxpayer number: nine digits and two check digits, each a weighted sum modulo 11 (Receita
 * Federal, Instrução Normativa RFB 2.172/2024). The values made here are made up; they belong in the form's own input
 * and nowhere else on the page.
 */

/** The digit that closes `digits`. */
export function checkDigit(digits: string): number {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    sum += Number(digits[index]) * (digits.length + 1 - index);
  }
  const rest = (sum * 10) % 11;
  return rest === 10 ? 0 : rest;
}

/** Whether the text is a CPF, with or without punctuation. Eleven equal digits pass the sum and are never issued. */
export function isCpf(text: string): boolean {
  const digits = text.replace(/[.\-\s/]/g, '');
  if (!/^\d{11}$/.test(digits) || /^(\d)\1{10}$/.test(digits)) return false;
  return (
    checkDigit(digits.slice(0, 9)) === Number(digits[9]) &&
    checkDigit(digits.slice(0, 10)) === Number(digits[10])
  );
}

/** A valid CPF of eleven digits. `random` gives 0 … below 1. */
export function exampleCpf(random: () => number = Math.random): string {
  const base = String(Math.floor(random() * 1_000_000_000)).padStart(9, '0');
  const first = base + checkDigit(base);
  const cpf = first + checkDigit(first);
  // Nine equal digits make the one sequence that is never issued.
  return isCpf(cpf) ? cpf : exampleCpf(() => 0.123456789);
}
