// JSON as verbs print it: one line that can neither be broken nor steer a terminal by what is in it, and is the same to a program.
import { escapeControls } from '../runtime/escape-controls.ts'

export const jsonLine = (value: unknown): string => `${escapeControls(JSON.stringify(value))}\n`
