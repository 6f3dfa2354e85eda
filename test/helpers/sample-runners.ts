/** Runs samples of verification in their own languages, on the requests that they are given: one process for each language. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transformSync } from '@swc/core';

/** A request that reaches a receiver. `code`: the index of the sample that judges it. */
export type Judged = { code: number; key: string; headers: Record<string, string>; body: Buffer };

/** @returns for each request whether its sample takes it as genuine */
type Runner = (codes: readonly string[], requests: readonly Judged[]) => Promise<boolean[]> | boolean[];

const isHere = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;

/** Fields of a request, each in base64, as one line. */
const lineOf = ({ code, key, headers, body }: Judged): string =>
  [
    String(code),
    ...[key, body, ...Object.entries(headers).flat()].map((each) => Buffer.from(each).toString('base64')),
  ].join('\t');

/** Writes the files, builds them, runs the program on the lines, and reads a line for each. */
async function judged(
  files: Record<string, string>,
  requests: readonly Judged[],
  commands: readonly (readonly string[])[],
): Promise<boolean[]> {
  const cwd = mkdtempSync(join(tmpdir(), 'tidings-samples-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  let output = '';
  for (const [command = '', ...args] of commands) output = await run(command, args, cwd, requests);
  return output
    .trim()
    .split('\n')
    .map((line) => line.trim() === 'true');
}

function run(command: string, args: string[], cwd: string, requests: readonly Judged[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' },
    });
    const [out, errors]: [string[], string[]] = [[], []];
    child.stdout.on('data', (text) => out.push(String(text)));
    child.stderr.on('data', (text) => errors.push(String(text)));
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0
        ? resolve(out.join(''))
        : reject(new Error(`${command} ended with ${status}: ${errors.join('')}${out.join('')}`)),
    );
    child.stdin.on('error', () => {});
    child.stdin.end(`${requests.map(lineOf).join('\n')}\n`);
  });
}

const numbered = (
  codes: readonly string[],
  name: (at: number) => string,
  text: (code: string, at: number) => string,
) => Object.fromEntries(codes.map((code, at) => [name(at), text(code, at)]));

const typescript: Runner = (codes, requests) => {
  const require = createRequire(__filename);
  const functions = codes.map((code) => {
    const module: { isGenuine?: (key: string, headers: object, body: Buffer) => boolean } = {};
    const { code: script } = transformSync(code, {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs' },
    });
    new Function('require', 'exports', script)(require, module);
    return module.isGenuine;
  });
  return requests.map(({ code, key, headers, body }) => {
    const inLowerCase = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    return functions[code]?.(key, inLowerCase, body) === true;
  });
};

const python: Runner = (codes, requests) =>
  judged(
    {
      ...numbered(
        codes,
        (at) => `sample${at}.py`,
        (code) => code,
      ),
      'main.py': `
import base64, importlib, sys

class Headers(dict):
    def get(self, name, default=None):
        return dict.get(self, name.lower(), default)

for line in sys.stdin:
    number, *fields = line.rstrip("\\n").split("\\t")
    key, body, *pairs = [base64.b64decode(each) for each in fields]
    headers = Headers({pairs[i].decode().lower(): pairs[i + 1].decode() for i in range(0, len(pairs), 2)})
    genuine = importlib.import_module("sample" + number).is_genuine(key.decode(), headers, body)
    print("true" if genuine else "false")
`,
    },
    requests,
    [['python3', 'main.py']],
  );

const go: Runner = (codes, requests) =>
  judged(
    {
      ...numbered(
        codes,
        (at) => `s${at}/receiver.go`,
        (code) => code,
      ),
      'go.mod': 'module sample\n\ngo 1.21\n',
      'main.go': `package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"
${codes.map((_, at) => `	s${at} "sample/s${at}"`).join('\n')}
)

func main() {
	judges := []func(string, http.Header, []byte) bool{${codes.map((_, at) => `s${at}.IsGenuine`).join(', ')}}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\\t")
		number := 0
		fmt.Sscan(fields[0], &number)
		values := [][]byte{}
		for _, each := range fields[1:] {
			value, _ := base64.StdEncoding.DecodeString(each)
			values = append(values, value)
		}
		headers := http.Header{}
		for at := 2; at < len(values); at += 2 {
			headers.Set(string(values[at]), string(values[at+1]))
		}
		fmt.Println(judges[number](string(values[0]), headers, values[1]))
	}
}
`,
    },
    requests,
    [['go', 'run', '.']],
  );

const java: Runner = (codes, requests) =>
  judged(
    {
      ...numbered(
        codes,
        (at) => `s${at}/TidingsSignature.java`,
        (code, at) => `package s${at};\n${code}`,
      ),
      'Main.java': `import java.util.*;
import java.util.function.UnaryOperator;

public class Main {
  interface Judge { boolean judge(String key, UnaryOperator<String> header, byte[] body) throws Exception; }

  public static void main(String[] args) throws Exception {
    Judge[] judges = {${codes.map((_, at) => `s${at}.TidingsSignature::isGenuine`).join(', ')}};
    Scanner lines = new Scanner(System.in);
    while (lines.hasNextLine()) {
      String[] fields = lines.nextLine().split("\\t", -1);
      byte[][] values = new byte[fields.length - 1][];
      for (int at = 1; at < fields.length; at++) values[at - 1] = Base64.getDecoder().decode(fields[at]);
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      for (int at = 2; at < values.length; at += 2) headers.put(new String(values[at]), new String(values[at + 1]));
      System.out.println(judges[Integer.parseInt(fields[0])].judge(new String(values[0]), headers::get, values[1]));
    }
  }
}
`,
    },
    requests,
    [
      [
        'javac',
        '-Xlint:all',
        '-Werror',
        '-d',
        'out',
        'Main.java',
        ...codes.map((_, at) => `s${at}/TidingsSignature.java`),
      ],
      ['java', '-cp', 'out', 'Main'],
    ],
  );

const php: Runner = (codes, requests) =>
  judged(
    {
      ...numbered(
        codes,
        (at) => `sample${at}.php`,
        (code, at) => code.replace('is_genuine(', `is_genuine${at}(`),
      ),
      'main.php': `<?php
error_reporting(E_ALL);
set_error_handler(function ($level, $message) { throw new ErrorException($message); });
${codes.map((_, at) => `require 'sample${at}.php';`).join('\n')}
while (($line = fgets(STDIN)) !== false) {
    $fields = explode("\\t", rtrim($line, "\\n"));
    $values = array_map('base64_decode', array_slice($fields, 1));
    $headers = [];
    for ($at = 2; $at < count($values); $at += 2) $headers[strtolower($values[$at])] = $values[$at + 1];
    echo ('is_genuine' . $fields[0])($values[0], $headers, $values[1]) ? "true\\n" : "false\\n";
}
`,
    },
    requests,
    [['php', 'main.php']],
  );

const ruby: Runner = (codes, requests) =>
  judged(
    {
      ...numbered(
        codes,
        (at) => `sample${at}.rb`,
        (code, at) => code.replace('genuine?(', `genuine${at}?(`),
      ),
      'main.rb': `
${codes.map((_, at) => `require_relative "sample${at}"`).join('\n')}

class Headers
  def initialize(pairs) = @pairs = pairs.to_h { |name, value| [name.downcase, value] }
  def [](name) = @pairs[name.downcase]
end

STDIN.each_line do |line|
  number, *fields = line.chomp.split("\\t", -1)
  key, body, *pairs = fields.map { |each| each.unpack1("m") }
  puts send("genuine#{number}?", key, Headers.new(pairs.each_slice(2).to_a), body)
end
`,
    },
    requests,
    [['ruby', 'main.rb']],
  );

/** By the language of the sample; `null`: it does not run on this machine. */
export const RUNNERS: Record<string, () => Runner | null> = {
  ts: () => typescript,
  python: () => (isHere('python3', '-c', 'import cryptography') ? python : null),
  go: () => (isHere('go', 'version') ? go : null),
  java: () => (isHere('javac', '-version') ? java : null),
  ruby: () => (isHere('ruby', '-ropenssl', '-e', 'OpenSSL::PKey') ? ruby : null),
  php: () =>
    isHere('php', '-r', 'exit(function_exists("sodium_crypto_sign_verify_detached") ? 0 : 1);') ? php : null,
  csharp: () => null,
};
