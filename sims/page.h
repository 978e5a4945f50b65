/// @file page.h  Pages for people: one HTML file with its pictures inside, well-formed as XML, nothing
/// fetched from anywhere.
#ifndef ENTRAIN_SIMS_PAGE_H
#define ENTRAIN_SIMS_PAGE_H

#include <stdbool.h>
#include <stdio.h>

/// Text as text: what is markup to HTML or a column to Markdown is escaped, control characters are left out.
void page_put(FILE *to, const char *text);
/// From the mark (a comment that tells our pages from others) to the heading.
void page_begin(FILE *to, const char *mark, const char *title);
void page_end(FILE *to);
void page_section(FILE *to, const char *title);
/// Of a table: <tr><td>..</td><td>..</td></tr>.
void page_row(FILE *to, const char *label, const char *text);
/// An SVG within a figure; its XML declaration, which has no place there, is left out. NULL or no SVG:
/// nothing.
void page_picture(FILE *to, const char *svg, const char *caption);
/// The same of a file; @return whether it was there and whole.
bool page_picture_file(FILE *to, const char *path, const char *caption);
/// What our summaries in words look like, "  Label    text" and further lines of text, as a table. @p
/// column: where text begins.
void page_put_words(FILE *to, const char *words, int column);

#endif
