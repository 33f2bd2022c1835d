// Guarantee: a context is read as W3C's Trace Context has it, and what is none is none.
import { expect, test } from 'vitest'
import { readTraceparent } from '../../src/runtime/traces.ts'

const known = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

test.each([
  [known, known],
  [known.replace(/01$/, '00'), known.replace(/01$/, '00')],
  // A later version, which says more: what is known of it counts.
  [`cc-${known.slice(3)}-what-the-future-will-be-like`, known],
  [`cc-${known.slice(3)}`, known],
  [`ff-${known.slice(3)}`, null],
  [`${known}-more`, null],
  [`cc-${known.slice(3)}.more`, null],
  [known.toUpperCase(), null],
  [known.replace(/[1-9a-f](?=[0-9a-f]{0,31}-00f0)/g, '0'), null],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', null],
  [`${known},${known}`, null],
  [` ${known}`, null],
  ['', null],
  [undefined, null],
])('[H3] traceparent %s is read as %s', (text, expected) => {
  expect(readTraceparent(text)).toBe(expected)
})
