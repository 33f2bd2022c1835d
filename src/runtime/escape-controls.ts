// What could break a line, steer a terminal or turn the order of signs, spelled out as JSON spells it: within JSON that changes no value,
// because such signs stand in strings alone. Pure.

export const escapeControls = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu,
    sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
