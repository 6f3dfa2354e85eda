/** The code in the READMEs of the Python and Go libraries is run as a receiver: it accepts what is signed, and refuses what is not. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { makeFolder } from '../helpers/folder.ts';
import { blocksOf } from '../helpers/readme-blocks.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ACCEPTED_AND_REFUSED = 'queued msg_test\n204\n401\n';

function run(program: string, parameters: string[], env: Record<string, string>, cwd?: string): string {
  const { status, stdout, stderr } = spawnSync(program, parameters, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(stdout + stderr);
  return stdout;
}
const testIf = (isHere: boolean) => (isHere ? test : test.skip);

/** Its code is for Flask, which is the receiver's, not the library's. */
testIf(spawnSync('python3', ['-c', 'import flask']).status === 0)('Python', async () => {
  const [block = '', ...others] = blocksOf('packages/verify-python/README.md', 'python');
  expect(others).toEqual([]);
  const folder = await makeFolder();
  await writeFile(
    join(folder, 'receiver.py'),
    `${block}
from tidings_verify import sign_for_test

def queue(id, text):
    print("queued", id)

app.config["WEBHOOK_SECRET"] = "${SECRET}"
client = app.test_client()
headers = sign_for_test("{}", secret="${SECRET}")
for body in ["{}", "[]"]:
    print(client.post("/webhooks", data=body, headers=headers).status_code)
`,
  );
  const env = { PYTHONPATH: join(PACKAGE_ROOT, 'packages/verify-python/src'), PYTHONDONTWRITEBYTECODE: '1' };
  expect(run('python3', [join(folder, 'receiver.py')], env)).toBe(ACCEPTED_AND_REFUSED);
});

testIf(spawnSync('go', ['version']).status === 0)(
  'Go',
  async () => {
    const [block = '', ...others] = blocksOf('packages/verify-go/README.md', 'go');
    expect(others).toEqual([]);
    const folder = await makeFolder();
    await writeFile(
      join(folder, 'go.mod'),
      `module receiver\n\ngo 1.21\n\nrequire tidings.example/verify v0.0.0\n\nreplace tidings.example/verify => ${join(PACKAGE_ROOT, 'packages/verify-go')}\n`,
    );
    await writeFile(
      join(folder, 'main.go'),
      `package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"tidings.example/verify"
)

func queue(id string, body []byte) { fmt.Println("queued", id) }

func receive(response http.ResponseWriter, request *http.Request) {
${block}}

func main() {
	header, err := verify.SignForTest("msg_test", time.Now(), []byte("{}"), verify.Options{Secrets: []string{os.Getenv("WEBHOOK_SECRET")}})
	if err != nil {
		log.Fatal(err)
	}
	for _, body := range []string{"{}", "[]"} {
		request := httptest.NewRequest("POST", "/", bytes.NewReader([]byte(body)))
		request.Header = header
		response := httptest.NewRecorder()
		receive(response, request)
		fmt.Println(response.Code)
	}
}
`,
    );
    const env = { WEBHOOK_SECRET: SECRET, GOFLAGS: '-mod=mod', GOWORK: 'off', GOTOOLCHAIN: 'local' };
    expect(run('go', ['run', '.'], env, folder)).toBe(ACCEPTED_AND_REFUSED);
  },
  120_000,
);
