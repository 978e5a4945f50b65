#include "sims/page.h"

#include <stdlib.h>
#include <string.h>

#include "sims/words.h"

static const char *const style =
    "body{font:15px/1.45 'DejaVu Sans',Verdana,sans-serif;color:#30343b;max-width:72em;margin:2em "
    "auto;padding:0 1em}"
    "h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.2em .7em .2em 0;vertical-align:top;border-bottom:1px solid #e4e6ea}"
    "td.n,th.n{font-family:'DejaVu Sans Mono',monospace;font-size:.88em;text-align:right;white-space:nowrap}"
    "tr.check td{padding-top:1.3em;border-bottom:1px solid #30343b}.faint{color:#6a7078;font-size:.88em}"
    ".ok{color:#3c8d5a}.fail{color:#b33a3a;font-weight:bold}.facts{width:auto}figure{margin:1.5em "
    "0;overflow-x:auto}.scroll{overflow-x:auto}"
    "pre,code{font-family:'DejaVu Sans Mono',monospace;font-size:.88em}"
    "pre{background:#f5f6f8;padding:.7em 1em;overflow-x:auto;white-space:pre-wrap}"
    "summary{cursor:pointer;color:#1f5fa8}a{color:#1f5fa8}"
    "figcaption{color:#6a7078;font-size:.92em;max-width:60em}svg{max-width:100%;height:auto}";

void page_put(FILE *to, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", to);
        else if (*text == '>')
            fputs("&gt;", to);
        else if (*text == '&')
            fputs("&amp;", to);
        else if (*text == '"')
            fputs("&quot;", to);
        else if (*text == '|')
            fputs("&#124;", to); // a column of Markdown's
        else if ((unsigned char)*text >= ' ' || *text == '\n' || *text == '\t')
            fputc(*text, to);
    }
}

void page_begin(FILE *to, const char *mark, const char *title) {
    fprintf(to,
            "%s\n<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta "
            "charset=\"utf-8\"/>\n<title>",
            mark);
    page_put(to, title);
    fprintf(to, "</title>\n<style>%s</style></head>\n<body>\n<h1>", style);
    page_put(to, title);
    fputs("</h1>\n", to);
}

void page_end(FILE *to) { fputs("</body></html>\n", to); }

void page_section(FILE *to, const char *title) {
    fputs("<h2>", to);
    page_put(to, title);
    fputs("</h2>\n", to);
}

void page_row(FILE *to, const char *label, const char *text) {
    fputs("<tr><td>", to);
    page_put(to, label);
    fputs("</td><td>", to);
    page_put(to, text);
    fputs("</td></tr>\n", to);
}

void page_picture(FILE *to, const char *svg, const char *caption) {
    const char *begin = svg != NULL ? strstr(svg, "<svg") : NULL;
    if (begin == NULL)
        return;
    fprintf(to, "<figure>\n%s\n<figcaption>", begin);
    page_put(to, caption);
    fputs("</figcaption></figure>\n", to);
}

bool page_picture_file(FILE *to, const char *path, const char *caption) {
    entrain_error error;
    char *svg = NULL;
    size_t size = 0;
    if (words_read_file(path, (size_t)1 << 28, &svg, &size, &error) != ENTRAIN_OK)
        return false;
    const bool whole = strstr(svg, "<svg") != NULL && strstr(svg, "</svg>") != NULL;
    if (whole)
        page_picture(to, svg, caption);
    free(svg);
    return whole;
}

void page_put_words(FILE *to, const char *words, int column) {
    bool open = false;
    fputs("<table class=\"facts\">\n", to);
    while (*words != '\0') {
        const size_t size = strcspn(words, "\n");
        char *line = strndup(words, size);
        if (line == NULL)
            abort();
        words += size + (words[size] == '\n');
        const size_t begin = strspn(line, " ");
        if (begin == size) { // an empty line says nothing in a table
            free(line);
            continue;
        }
        const bool goes_on = (int)begin >= column && open;
        const bool labelled = begin == 2 && (int)size > column && line[column - 1] == ' ';
        if (!goes_on && !labelled) { // a heading: the page has its own
            free(line);
            continue;
        }
        if (labelled) {
            line[column - 1] = '\0';
            for (size_t end = strlen(line); end > 0 && line[end - 1] == ' ';)
                line[--end] = '\0';
            fputs(open ? "</td></tr>\n<tr><td>" : "<tr><td>", to);
            page_put(to, line + begin);
            fputs("</td><td>", to);
            open = true;
        } else {
            fputc('\n', to);
        }
        const char *text = line + column;
        page_put(to, text + strspn(text, " "));
        free(line);
    }
    fputs(open ? "</td></tr>\n</table>\n" : "</table>\n", to);
}
