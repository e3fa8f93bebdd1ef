/**
 * Making the index of a folder of charts: a program in Go, with the YAML library of Helm, against us. It does what Helm does
 * for `helm repo index`: all of each chart is unpacked into memory, its Chart.yaml is read, and then the file is read again for its
 * digest. Helm itself comes from where none of the other tools comes from.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { chartText, chartWith } from '../../test/repositories/helm/made-charts.ts'
import { execute } from './compare.ts'
import { benchMade } from './made.ts'

const program = `package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// All files of a chart, as whoever installs it has them.
func load(path string) map[string]interface{} {
	file, err := os.Open(path)
	check(err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	check(err)
	files := map[string][]byte{}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		check(err)
		var body bytes.Buffer
		_, err = io.Copy(&body, archive)
		check(err)
		_, name, _ := strings.Cut(header.Name, "/")
		files[name] = body.Bytes()
	}
	chart := map[string]interface{}{}
	check(yaml.Unmarshal(files["Chart.yaml"], &chart))
	values := map[string]interface{}{}
	check(yaml.Unmarshal(files["values.yaml"], &values))
	return chart
}

func main() {
	paths, err := filepath.Glob(filepath.Join(os.Args[1], "*.tgz"))
	check(err)
	entries := map[string][]interface{}{}
	for _, path := range paths {
		chart := load(path)
		file, err := os.Open(path)
		check(err)
		digest := sha256.New()
		_, err = io.Copy(digest, file)
		check(err)
		file.Close()
		chart["digest"] = hex.EncodeToString(digest.Sum(nil))
		chart["urls"] = []string{filepath.Base(path)}
		chart["created"] = time.Now()
		name := chart["name"].(string)
		entries[name] = append(entries[name], chart)
	}
	index, err := yaml.Marshal(map[string]interface{}{"apiVersion": "v1", "generated": time.Now(), "entries": entries})
	check(err)
	check(os.WriteFile(os.Args[2], index, 0644))
}
`

/** What people put into charts: templates, and values for them. */
const values = Array.from({ length: 60 }, (_value, number) => `value${String(number)}: {of: ${String(number)}}\n`).join(
  '',
)

export const benchCharts = (work: string): Promise<void> =>
  benchMade(work, {
    format: 'helm',
    sizes: [2_000, 200_000],
    make: (name, version, size) => ({
      key: `${name}-${version}.tgz`,
      body: chartWith({
        [`${name}/Chart.yaml`]: chartText({
          name,
          version,
          description: 'A chart that was made',
          home: 'https://x.example.com',
        }),
        [`${name}/values.yaml`]: values,
        [`${name}/templates/all.yaml`]: randomBytes(size).toString('base64url'),
      }),
    }),
    indexes: () => new Map([['index.yaml', Buffer.from('apiVersion: v1\nentries: {}\n')]]),
    peers(folder, work) {
      const [source, built] = [join(work, 'main.go'), join(work, 'index-charts')]
      writeFileSync(source, program)
      const env = {
        ...process.env,
        GO111MODULE: 'off',
        GOPATH: '/usr/share/gocode',
        GOFLAGS: '',
        GOCACHE: join(work, 'go'),
      }
      execFileSync('go', ['build', '-o', built, source], { env })
      const run = (): Buffer => execute(built, [folder, join(work, 'index.yaml')], folder)
      return [{ name: 'Go, as helm repo index', run, known: 4, unknown: 2 }]
    },
  })
