// The same value is the same JSON, so that the same key with it asks for the same.
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/api/commands/canonical-json.ts'

test('[F1] fields count in no order, at every depth; lists in theirs', () => {
  const one = { b: [{ d: 1, c: null }, 2], a: 'x' }
  expect(canonicalJson(one)).toBe('{"a":"x","b":[{"c":null,"d":1},2]}')
  expect(canonicalJson({ a: 'x', b: [{ c: null, d: 1 }, 2] })).toBe(canonicalJson(one))
  expect(canonicalJson({ a: 'x', b: [2, { c: null, d: 1 }] })).not.toBe(canonicalJson(one))
})
