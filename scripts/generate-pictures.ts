// Draws the boards of what their queries answered in an incident (docs/boards/answers.jsonl, which `npm run board-pictures` records); answers file path -> content.
import { readFileSync } from 'node:fs'
import { readAnswers } from './boards/answers.ts'
import { boards } from './boards/boards.ts'
import { drawBoard } from './pictures/draw-board.ts'

export const answersPath = 'docs/boards/answers.jsonl'

export function generatePictures(): ReadonlyMap<string, string> {
  const answers = readAnswers(readFileSync(answersPath, 'utf8'))
  return new Map(boards.map(board => [`docs/boards/${board.name}.svg`, drawBoard(board, answers)]))
}
