// The name of a file as it may be sent, told and saved: one name, without directories and without signs that hide what it is. Pure.

/**
 * Separators become `_`; control characters, what turns the direction of writing (photo[RLO]gpj.exe) and what is not seen are gone, and so is half a
 * character. Empty: nothing is left that names anything.
 */
export function plainFileName(name: string): string {
  const plain = name
    .replaceAll(/[/\\]/g, '_')
    .replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}/gu, '')
    .trim()
  return /^[.\s\u200C\u200D]*$/u.test(plain) ? '' : plain
}
