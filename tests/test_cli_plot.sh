#!/bin/bash
# entrain plot, report and show from outside: pictures from files alone, pages that are well-formed and say nothing that was
# not escaped.
#
# usage: test_cli_plot.sh ENTRAIN
set -uo pipefail
# shellcheck source=tests/cli_check.sh
source "$(dirname "$0")/cli_check.sh"

evil='<script>alert("1")</script> & <b>\x27quoted\x27</b> __'
cat >base.lua <<END
return { title = '$evil', swarm = { size = 60, topology = { kind = "ring" } },
  model = { kind = "kuramoto", coupling = 2.0, frequency = { distribution = "lorentz", width = 0.5 } },
  time = { step = 0.01, duration = 2 }, record = { every = 0.1 }, events = { { at = 1, kill = 0.1 } } }
END

# A sweep of two axes by hand: three replicas, one failed, one text that means harm.
sweep() { # DIR
    mkdir -p "$1"
    awk 'BEGIN {
        print "run,point,replica,seed,swarm.size,model.coupling,status,reason,coherence,theory_r,fingerprint"
        for (size = 100; size <= 1000; size *= 10) for (k = 0; k < 5; k++) {
            for (replica = 1; replica <= 3; replica++) {
                if (run == 7) print run ",2,2,2,100,1,failed,\"<i>no</i>, \"\"it\"\" broke\",,,"
                else printf "%d,%d,%d,%d,%d,%g,done,,%g,%g,00\n", run, point, replica, replica, size, k / 2, k / 5 + replica / 100, k / 5
                run++
            }
            point++
        }
    }' >"$1/results.csv"
    cat >"$1/manifest.json" <<'END'
{"format": "entrain-sweep", "format_version": 1, "name": "s", "chosen": 31, "command": "entrain sweep 'a<b>.lua' & more",
 "scenario": {"title": "<script>alert(1)</script> \"quoted\" & 'single' \\ $x `id`", "swarm": {"size": 100}},
 "sweep": {"replicas": 3, "axes": {"swarm.size": [100, 1000]}}}
END
}
sweep s

# well_formed FILE: every tag closes
well_formed() {
    checks=$((checks + 1))
    if command -v xmllint >/dev/null; then
        xmllint --noout "$1" 2>err.txt || fail "$1 is not well-formed"
    else # the tags that a page of ours has, opened as often as closed
        local tag
        for tag in table tr td h1 h2 pre details figure svg; do
            [ "$(grep -o "<$tag[ >]" "$1" | wc -l)" -eq "$(grep -o "</$tag>" "$1" | wc -l)" ] || fail "$1: <$tag> is not closed"
        done
    fi
}
whole_pictures() { # FILE.svg ...
    local file
    for file; do
        checks=$((checks + 1))
        tail -c 20 "$file" 2>/dev/null | grep -q '</svg>' || fail "$file is not whole"
        checks=$((checks + 1))
        [ -s "${file%.svg}.png" ] || fail "${file%.svg}.png is missing"
    done
}

expect 0 run base.lua --quiet -o r
expect 0 show s
says out.txt '29 runs done of 31, 1 failed; the first, run 7:'
says out.txt 'coherence r rises from'
says out.txt 'Theory   off by 0.02 on average over 10 points'
expect 0 show --json s
says out.txt '"failed": 1'

expect 0 report r
is 'where the page is' "$(cat out.txt)" = r/report.html
well_formed r/report.html
silent r/report.html '<script>'
says r/report.html '&lt;script&gt;alert(&quot;1&quot;)'
says r/report.html 'entrain run r/manifest.json'
says r/report.html 'swarm.topology.kind</td><td>ring'
is 'nothing is fetched' "$(grep -cE '(src|href)="(https?:)?//' r/report.html)" -eq 0
expect 0 report s
well_formed s/report.html
silent s/report.html '<script>'
silent s/report.html '<i>no'
says s/report.html '&lt;i&gt;no&lt;/i&gt;, &quot;it&quot; broke'
says s/report.html "entrain sweep 'a&lt;b&gt;.lua' &amp; more"

if command -v gnuplot >/dev/null; then
    # a run: the same pictures from its files as at its end
    mkdir before
    cp r/*.svg before
    rm r/*.svg r/*.png
    expect 0 plot r
    whole_pictures r/coherence.svg r/phases.svg r/frequencies.svg
    for picture in coherence phases frequencies; do same "before/$picture.svg" "r/$picture.svg"; done
    expect 0 plot r --result energy
    whole_pictures r/series.svg
    expect 1 plot r --result energi
    says err.txt 'did you mean energy?'
    expect 0 report r
    well_formed r/report.html
    is 'three pictures inside' "$(grep -c '<svg' r/report.html)" -eq 3
    silent r/report.html '<?xml'

    # one that was cut off: as far as it came
    cp -r r cut
    rm cut/summary.json cut/phases.csv cut/*.svg cut/*.png
    head -c 3000 r/series.csv >cut/series.csv.part
    rm cut/series.csv
    expect 0 plot cut
    whole_pictures cut/coherence.svg
    is 'no phases of one that was cut off' ! -e cut/phases.svg
    expect 0 report cut
    well_formed cut/report.html
    says cut/report.html 'did not end'

    # a sweep
    expect 0 plot s
    whole_pictures s/sweep.svg
    says s/sweep.svg 'swarm.size = 1000'
    says s/sweep.svg 'n = 2 to 3 runs each; mean and its standard error'
    says s/sweep.svg 'theory'
    silent s/sweep.svg '<script>'
    expect 0 plot s --result theory_r
    whole_pictures s/sweep-theory_r.svg
    expect 1 plot s --result coherense
    says err.txt 'did you mean coherence?'
    expect 1 plot s --result fingerprint
    expect 0 report s
    well_formed s/report.html

    # ladders have two branches, many values of two axes a heat map, words a place each
    mkdir l h w
    for directory in l h w; do cp s/manifest.json $directory; done
    awk 'BEGIN { print "run,point,replica,seed,model.coupling,direction,status,reason,coherence"
        for (k = 0; k < 8; k++) print k "," k ",1,1," k ",up,done,," (k > 5); for (k = 7; k >= 0; k--) print 15 - k "," k ",1,1," k ",down,done,," (k > 2) }' >l/results.csv
    awk 'BEGIN { print "run,point,replica,seed,model.delay,model.coupling,status,reason,coherence"
        for (d = 0; d < 10; d++) for (k = 0; k < 12; k++) print run++ "," run ",1,1," d "," k ",done,," k * d / 100 }' >h/results.csv
    printf 'run,point,replica,seed,swarm.topology.kind,status,reason,coherence\n0,0,1,1,ring,done,,0.5\n1,1,1,1,star,done,,0.7\n2,2,1,1,"a, ""b""",done,,0.1\n' >w/results.csv
    for directory in l h w; do
        expect 0 plot $directory
        whole_pictures $directory/sweep.svg
    done
    says l/sweep.svg '>down<'
    says h/sweep.svg 'coherence'
    silent h/sweep.svg 'model.delay ='
    says w/sweep.svg 'star'
    expect 0 show l
    tr -s ' \n' ' ' <out.txt >flat.txt
    says flat.txt 'up and down part between model.coupling = 3 and 5'

    # a script: a picture of each table
    mkdir p
    echo '{"format": "entrain-script", "format_version": 1, "name": "x", "text": "print(1 < 2 and \"<b>\")"}' >p/manifest.json
    printf 'size,time_s,time_s_se,note\n10,1,0.1,a\n100,2,0.1,b\n1000,3,0.1,c\n10000,4,0.1,d\n' >p/ladder.csv
    printf 'word,other\na,b\n' >p/words.csv
    echo 'it said <b>' >p/output.txt
    expect 0 plot p
    whole_pictures p/ladder.svg
    says err.txt 'words.csv has no column of numbers'
    silent p/ladder.svg 'time_s_se'
    expect 0 report p
    well_formed p/report.html
    says p/report.html 'it said &lt;b&gt;'
    is 'no parts are left' -z "$(find . -name '*.part' ! -name series.csv.part)"
fi
path=/nonexistent expect 1 plot s
says err.txt 'gnuplot is not installed'

expect 1 plot nowhere
says err.txt 'nowhere'
expect 1 report nowhere
mkdir empty
expect 1 report empty
says err.txt 'has no whole manifest.json'
is 'nothing is left behind' -z "$(ls empty)"
sweep torn
truncate -s -1 torn/results.csv
expect 1 plot torn
says err.txt 'torn'
expect 1 report torn
is 'no page of torn results' ! -e torn/report.html

echo "$checks checks, $failures failed"
exit $((failures > 0))
