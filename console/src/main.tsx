// Entry of the page at /.
import { render } from 'preact'
import { watchWithKey } from './desk.ts'
import { followLanguage } from './document.ts'
import { Home } from './home.tsx'
import { watchServer } from './reach.ts'

followLanguage()
watchServer()
watchWithKey()
const place = document.getElementById('app')
if (place !== null) render(<Home />, place)
