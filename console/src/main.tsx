// Entry of the page at /.
import { render } from 'preact'
import { watchWithKey } from './desk.ts'
import { follow } from './document.ts'
import { Home } from './home.tsx'
import { watchServer } from './reach.ts'

follow()
watchServer()
watchWithKey()
const place = document.getElementById('app')
if (place !== null) render(<Home />, place)
