// Tables on a terminal: columns stay straight, whatever is in them.
import { expect, test } from 'vitest'
import { plainText, textTable } from '../../src/cli/text-table.ts'

test('[L] columns are as wide as their widest cell, two spaces apart, without spaces at the end', () => {
  const rows = [
    ['shop', 'Loja da Ana', 'open'],
    ['a', '', ''],
  ]
  expect(textTable(['id', 'name', 'state'], rows)).toBe('id    name         state\nshop  Loja da Ana  open\na')
  expect(textTable(['id', 'name'], [])).toBe('id  name')
})

test('[L] signs that take two columns, and letters made of several, keep columns straight', () => {
  const rows = [
    ['客服', 'x'],
    ['👩‍🍳 ok', 'x'],
    ['Joa\u0303o', 'x'],
  ]
  expect(textTable(['name', 'y'], rows)).toBe('name   y\n客服   x\n👩‍🍳 ok  x\nJoa\u0303o   x')
})

test('[I3] a name can neither break its line nor steer the terminal', () => {
  expect(textTable(['name'], [['a\nb\u001b[2Jc']])).toBe('name\na\u{FFFD}b\u{FFFD}[2Jc')
  expect(plainText('a\r\u2028b')).toBe('a\u{FFFD}\u{FFFD}b')
  expect(plainText('a\u202Eb\u2066c')).toBe('a\u{FFFD}b\u{FFFD}c')
  expect(plainText('👩‍🍳')).toBe('👩‍🍳')
})
