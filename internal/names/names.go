// Package names knows names of things: countries, states, currencies, days, months, and
// given names; and which of them mean one thing.
package names

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/beamline-go/beamline/internal/fingerprint"
)

// Dictionary is names of things, by their Key, and the thing that each means.
type Dictionary struct {
	Name string
	IDs  func() map[string]string // the thing that each key of a name means
}

// Dictionaries are tried in this order; the first of equally fitting ones wins.
var Dictionaries = []Dictionary{
	{"country", sync.OnceValue(countries)},
	{"us_state", sync.OnceValue(func() map[string]string { return listed(usStates) })},
	{"currency", sync.OnceValue(func() map[string]string { return listed(currencies) })},
	{"weekday", sync.OnceValue(func() map[string]string { return listed(weekdays) })},
	{"month", sync.OnceValue(func() map[string]string { return listed(months) })},
}

// given are names that differ from others by a letter: each is its own.
var given = Dictionary{"given_name", sync.OnceValue(func() map[string]string {
	ids := map[string]string{}
	for _, n := range strings.Fields(givenNames) {
		ids[Key(n)] = n
	}
	return ids
})}

// nameLanguages are those in which countries are known.
var nameLanguages = []language.Tag{
	language.English, language.German, language.French, language.Spanish, language.Italian, language.Portuguese,
	language.Dutch, language.Polish, language.Swedish, language.Danish, language.Norwegian, language.Finnish, language.Czech,
	language.Turkish, language.Hungarian, language.Russian, language.Greek, language.Japanese, language.Chinese,
}

// countries are the codes of ISO 3166-1 and the names of the CLDR, as
// golang.org/x/text has them, and other usual names. Of names that mean two
// countries in different languages the first language counts.
func countries() map[string]string {
	ids := map[string]string{}
	add := func(name, id string) {
		if key := fingerprint.Of(name); key != "" && ids[key] == "" {
			ids[key] = id
		}
	}
	var regions []language.Region
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			r, err := language.ParseRegion(string([]rune{a, b}))
			if err == nil && r.IsCountry() && r.Canonicalize() == r {
				regions = append(regions, r)
			}
		}
	}
	for _, r := range regions {
		add(r.String(), r.String())
	}
	for _, r := range regions {
		add(r.ISO3(), r.String())
	}
	for name, id := range usualCountries {
		add(name, id)
	}
	for _, l := range nameLanguages {
		in := display.Regions(l)
		for _, r := range regions {
			add(in.Name(r), r.String())
		}
	}
	return ids
}

// usualCountries are names that the CLDR does not have.
var usualCountries = map[string]string{
	"USA": "US", "U.S.A.": "US", "U.S.": "US", "United States of America": "US", "America": "US", "The United States": "US",
	"UK": "GB", "U.K.": "GB", "Great Britain": "GB", "Britain": "GB", "United Kingdom of Great Britain and Northern Ireland": "GB",
	"Holland": "NL", "The Netherlands": "NL", "Czech Republic": "CZ", "Korea": "KR", "Republic of Korea": "KR", "Korea, Republic of": "KR",
	"Russian Federation": "RU", "Viet Nam": "VN", "Ivory Coast": "CI", "Cote d'Ivoire": "CI", "Burma": "MM", "Swaziland": "SZ",
	"UAE": "AE", "Emirates": "AE", "Macedonia": "MK", "Cape Verde": "CV", "East Timor": "TL", "Turkey": "TR", "Türkiye": "TR",
	"Bosnia": "BA", "Bosnia and Herzegovina": "BA", "Iran, Islamic Republic of": "IR", "Syrian Arab Republic": "SY",
	"Tanzania, United Republic of": "TZ", "Venezuela, Bolivarian Republic of": "VE", "Bolivia, Plurinational State of": "BO",
	"Moldova, Republic of": "MD", "Lao People's Democratic Republic": "LA", "Brunei Darussalam": "BN", "Hong Kong": "HK", "Macau": "MO",
	"Republic of Ireland": "IE", "Eire": "IE", "Slovak Republic": "SK", "PRC": "CN", "People's Republic of China": "CN", "Mainland China": "CN",
	"Palestine": "PS", "Vatican": "VA", "Democratic Republic of the Congo": "CD", "DR Congo": "CD", "Congo": "CG", "The Gambia": "GM", "The Bahamas": "BS",
}

// listed reads lines of names that mean one thing, the first of which is its id.
func listed(lines string) map[string]string {
	ids := map[string]string{}
	for line := range strings.Lines(lines) {
		names := strings.Split(strings.TrimSpace(line), "|")
		for _, name := range names {
			ids[Key(name)] = names[0]
		}
	}
	return ids
}

// Key is what spellings of one name have in common; a sign such as € is its
// own.
func Key(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Sc, r) }) {
		return name
	}
	key := fingerprint.Of(name)
	if len(key) <= 3 && len(key) < len(name) && !dottedNames[name] {
		return name // S.A. is no code of a country
	}
	return key
}

// dottedNames are short names that are written with full stops.
var dottedNames = map[string]bool{"U.S.A.": true, "U.S.": true, "U.K.": true, "D.C.": true, "Fr.": true, "R$": true, "A$": true, "C$": true, "S$": true}

// usStates are the states, the district and the territories of the USA with
// their postal codes (USPS Publication 28, appendix B).
const usStates = `AL|Alabama
AK|Alaska
AZ|Arizona|Ariz.
AR|Arkansas
CA|California|Calif.
CO|Colorado
CT|Connecticut|Conn.
DE|Delaware
DC|District of Columbia|Washington DC|D.C.
FL|Florida|Fla.
GA|Georgia
HI|Hawaii
ID|Idaho
IL|Illinois|Ill.
IN|Indiana
IA|Iowa
KS|Kansas
KY|Kentucky
LA|Louisiana
ME|Maine
MD|Maryland
MA|Massachusetts|Mass.
MI|Michigan|Mich.
MN|Minnesota|Minn.
MS|Mississippi
MO|Missouri
MT|Montana
NE|Nebraska
NV|Nevada
NH|New Hampshire
NJ|New Jersey
NM|New Mexico
NY|New York
NC|North Carolina
ND|North Dakota
OH|Ohio
OK|Oklahoma|Okla.
OR|Oregon
PA|Pennsylvania|Penn.|Penna.
RI|Rhode Island
SC|South Carolina
SD|South Dakota
TN|Tennessee|Tenn.
TX|Texas
UT|Utah
VT|Vermont
VA|Virginia
WA|Washington
WV|West Virginia
WI|Wisconsin|Wis.
WY|Wyoming
PR|Puerto Rico
GU|Guam
VI|Virgin Islands
AS|American Samoa
MP|Northern Mariana Islands`

// currencies are codes of ISO 4217 with the signs and names that mean no other
// one.
const currencies = `EUR|€|euro|euros
USD|US$|US dollar|US dollars
GBP|£|pound sterling|pounds sterling
INR|₹
KRW|₩
RUB|₽
TRY|₺
UAH|₴
ILS|₪
VND|₫
NGN|₦
PHP|₱
BRL|R$
CHF|Swiss franc|Fr.
JPY|yen|Japanese yen
CNY|RMB|renminbi
PLN|zł
CZK|Kč
SEK|Swedish krona
NOK|Norwegian krone
DKK|Danish krone
AUD|A$
CAD|C$|CA$
NZD|NZ$
HKD|HK$
SGD|S$
MXN|MX$
ZAR|rand
HUF|Ft
THB|฿
ISK
DOP
XCD
XOF
XAF
IQD
NAD
IDR
GNF
MUR
IRR
MRU
GEL
RON
BGN
EGP
MAD
KES
GHS
ARS
CLP
COP
PEN
UYU
SAR
AED
QAR
KWD
PKR
BDT
LKR
MYR
TWD
KZT
RSD
TND
ETB
UGX
TZS
ZMW
BWP
MZN`

const weekdays = `monday|mon
tuesday|tue|tues
wednesday|wed
thursday|thu|thur|thurs
friday|fri
saturday|sat
sunday|sun`

const months = `january|jan
february|feb
march|mar
april|apr
may
june|jun
july|jul
august|aug
september|sep|sept
october|oct
november|nov
december|dec`

// longest is the bytes of a name, at most.
const longest = 64

// Differ reports whether two texts are names of two things that a dictionary knows:
// Zambia and Gambia.
func Differ(a, b string) bool {
	if len(a) > longest {
		return false
	}
	for _, d := range append([]Dictionary{given}, Dictionaries...) {
		ids := d.IDs()
		if x, y := ids[Key(a)], ids[Key(b)]; x != "" && y != "" && x != y {
			return true
		}
	}
	return false
}

// givenNames are usual given names, above all those of which several are alike.
const givenNames = `Aaron Adam Adele Adrian Adriana Adrien Agnes Aidan Aileen Aimee Alan Albert Alberta Alberto Alec Alejandra Alejandro
Alex Alexa Alexander Alexandra Alexandre Alexis Alfred Alfredo Alice Alicia Alina Aline Alisa Alison Allan Allen Allison Alma Alvin Alyssa
Amanda Amber Amelia Amelie Amy Ana Anais Andre Andrea Andreas Andrei Andres Andrew Andy Angel Angela Angelica Angelina Angelo Angie Anita
Ann Anna Annabel Anne Annette Annie Anthony Antoine Anton Antonia Antonio April Aria Ariel Arnold Arthur Arturo Ashlee Ashley Ashly Astrid
Audrey August Augusta Austin Ava Barbara Barry Beatrice Beatrix Becky Ben Benjamin Bernard Bernd Bernice Bert Beth Betsy Bettie Betty Beverly
Bill Billie Billy Bjorn Blake Bob Bobbie Bobby Bonnie Brad Bradley Brandi Brandon Brandy Brenda Brendan Brent Bret Brett Brian Briana Brianna
Bridget Britney Brittany Brooke Bruce Bruno Bryan Bryce Caitlin Callum Calvin Cameron Camila Camilla Camille Candice Carl Carla Carlo Carlos
Carlton Carly Carmen Carol Carola Carole Carolina Caroline Carolyn Carrie Carson Casey Cassandra Catharina Catherine Cathleen Cathrine Cathy
Cecil Cecile Cecilia Chad Charlene Charles Charlie Charlotte Chelsea Cheryl Chloe Chris Christa Christian Christiana Christiane Christie
Christina Christine Christoph Christopher Christy Cindy Claire Clara Clare Clarence Claude Claudia Claudio Clayton Clemens Clifford Clifton
Clint Clinton Clyde Colin Colleen Connie Conrad Constance Cora Corey Corinne Cory Craig Cristian Cristina Crystal Curt Curtis Cynthia Daisy
Dale Damian Damien Damon Dan Dana Daniel Daniela Daniele Daniella Danielle Danny Dario Darius Darla Darlene Darrel Darrell Darren Darrin Darryl
Dave David Dawn Dean Deanna Debbie Deborah Debra Denis Denise Dennis Derek Derrick Diana Diane Diego Dieter Dirk Dominic Dominik Dominique Don
Donald Donna Dora Doreen Doris Dorothea Dorothy Doug Douglas Duane Dustin Dwayne Dwight Dylan Earl Ed Eddie Edgar Edith Edmond Edmund Eduard
Eduardo Edward Edwin Eileen Elaine Eleanor Elena Elias Elijah Elin Elisa Elisabeth Elise Eliza Elizabeth Ella Ellen Ellie Elliot Elliott Elsa
Elsie Elvira Emil Emilia Emilie Emilio Emily Emma Emmanuel Enrico Enrique Eric Erica Erich Erick Erik Erika Erin Ernest Ernst Esther Ethan
Eugen Eugene Eugenia Eva Evan Eve Evelin Evelyn Everett Fabian Fabio Faith Fatima Faye Felicia Felix Ferdinand Fernanda Fernando Filip Filipe
Finn Fiona Flora Florence Florian Floyd Frances Francesca Francesco Francine Francis Francisca Francisco Frank Franz Fred Freda Freddie
Frederic Frederick Frederik Fredrik Frida Gabriel Gabriela Gabriele Gabriella Gabrielle Gail Gary Gavin Gene Geoff Geoffrey Georg George
Georgia Georgina Gerald Geraldine Gerard Gerd Gerhard Gianna Gilbert Gina Giovanni Gisela Glen Glenn Gloria Gordon Grace Gracie Graham Grant
Greg Gregor Gregory Greta Guy Gwen Hailey Haley Hanna Hannah Hannes Hans Harald Harold Harriet Harry Harvey Hazel Heather Hector Heidi Helen
Helena Helene Helga Henri Henrik Henry Herbert Herman Hermann Hilda Holger Holly Howard Hugh Hugo Ian Ida Ignacio Ilse Ina Ines Inga Inge
Ingo Ingrid Irene Irina Iris Irma Isaac Isabel Isabell Isabella Isabelle Ivan Jack Jackie Jackson Jacob Jacqueline Jacques Jade Jaime Jake
Jakob James Jamie Jan Jana Jane Janet Janice Janine Jared Jasmin Jasmine Jason Javier Jay Jayden Jean Jeanette Jeane Jeanne Jeannette Jeff
Jeffery Jeffrey Jenna Jennie Jennifer Jenny Jens Jeremiah Jeremy Jerome Jerry Jess Jesse Jessica Jessie Jesus Jill Jim Jimmie Jimmy Jo Joan
Joana Joann Joanna Joanne Joaquin Jochen Jodi Jody Joe Joel Joelle Joey Johan Johann Johanna Johannes John Johnathan Johnnie Johnny Jon Jonas
Jonathan Jordan Jordyn Jorge Jose Josef Josefina Joseph Josephine Josh Joshua Joy Joyce Juan Juana Juanita Judith Judy Julia Julian Juliana
Juliane Julie Julien Juliet Juliette Julio Julius June Justin Justine Kaitlin Kaitlyn Kai Karen Karin Karina Karl Karla Karolin Karsten
Katarina Kate Katelyn Katharina Katharine Katherine Kathleen Kathrin Kathryn Kathy Katie Katja Katrin Katrina Kay Kayla Keith Kelley Kelli
Kellie Kelly Kelsey Ken Kendra Kenneth Kenny Kerry Kevin Kim Kimberley Kimberly Kirk Kirsten Klara Klaus Krista Kristen Kristi Kristian
Kristin Kristina Kristine Kristy Krystal Kurt Kyle Kylie Lance Lara Larry Lars Laura Laurel Lauren Laurence Laurent Laurie Lawrence Lea Leah
Leanne Lee Leila Lena Lenny Leo Leon Leona Leonard Leonardo Leonie Leroy Leslie Lester Leticia Levi Lewis Liam Lila Lili Lilian Lillian Lillie
Lily Lina Linda Lindsay Lindsey Linnea Lionel Lisa Liza Lloyd Logan Lois Lola Lora Loraine Loren Lorena Lorenzo Loretta Lori Lorraine Lou
Louis Louisa Louise Luca Lucas Lucia Lucie Lucy Luis Luisa Luise Lukas Luke Luz Lydia Lyle Lynda Lyndsey Lynn Lynne Mabel Mable Madeleine
Madeline Madison Mae Maggie Magnus Maik Maja Malcolm Manfred Manuel Manuela Mara Marc Marcel Marcella Marcia Marco Marcos Marcus Margaret
Margarete Margarita Margie Margit Margot Margret Maria Mariah Mariam Marian Mariana Marianne Maribel Marie Marika Marilyn Marina Mario Marion
Marisa Marissa Marjorie Mark Marko Markus Marla Marlene Marlon Marsha Marshall Marta Martha Martin Martina Marvin Mary Mason Mateo Mathew
Mathias Mathilda Mathilde Mats Matt Matteo Matthew Matthias Mattie Maud Maude Maureen Maurice Max Maxim Maxime Maximilian Maxine May Megan
Meghan Melanie Melinda Melissa Mercedes Meredith Mia Micaela Michael Michaela Michaele Michal Micheal Michel Michele Michelle Miguel Mika
Mikael Mike Mila Mildred Milena Miles Milo Milton Mina Minnie Miranda Miriam Mitchell Mohamed Mohammad Mohammed Moritz Mona Monica Monika
Monique Morgan Muhammad Muriel Myra Myrtle Nadia Nadine Nadja Nancy Naomi Natalia Natalie Nataly Natasha Nathan Nathaniel Neal Neil Nelson
Nicholas Nichole Nick Nicola Nicolai Nicolas Nicole Nicolette Niels Nigel Nikita Niklas Nikolai Nikolas Nils Nina Noah Noel Noelle Noemi Nora
Norbert Norma Norman Oleg Olga Oliver Olivia Olivier Ollie Oscar Oskar Otto Owen Pablo Paige Pam Pamela Paola Paolo Pascal Pat Patrice
Patricia Patricio Patrick Patrik Patsy Patti Patty Paul Paula Paulina Pauline Paulo Pearl Pedro Peggy Penelope Penny Perry Pete Peter Petra
Philip Philipp Philippa Philippe Phillip Phyllis Pierre Polly Rachel Rachelle Rafael Raimund Rainer Ralf Ralph Ramon Ramona Randall Randi
Randolph Randy Raphael Raquel Raul Ray Raymond Rebecca Rebekah Regina Reiner Reinhard Reinhold Rena Renata Renate Rene Renee Rhonda Ricardo
Riccardo Richard Rick Rickey Ricky Rita Rob Robbie Robert Roberta Roberto Robin Robyn Rocco Rochelle Roderick Rodney Rodrigo Roger Roland
Rolando Rolf Roman Ron Ronald Ronda Ronja Ronnie Rosa Rosalie Rosanna Rosario Rose Rosemarie Rosemary Rosie Ross Roxanne Roy Ruben Ruby Rudolf
Rudolph Rudy Rufus Russel Russell Ruth Ryan Sabina Sabine Sabrina Sadie Sally Salvador Salvatore Sam Samantha Samuel Sandra Sandro Sandy
Santiago Sara Sarah Sasha Saul Savannah Scott Sean Sebastian Selena Selina Selma Serena Sergei Sergio Seth Shane Shannon Shari Sharon Shaun
Shawn Sheila Shelby Sheldon Shelia Shelley Shelly Sheri Sherman Sherri Sherrie Sherry Sheryl Shirley Shoshana Sidney Siegfried Sierra Sigrid
Silke Silvia Simon Simona Simone Sofia Sofie Sonia Sonja Sonya Sophia Sophie Spencer Stacey Staci Stacie Stacy Stanley Stefan Stefanie Stella
Stephan Stephanie Stephany Stephen Steve Steven Stewart Stuart Sue Susan Susana Susann Susanna Susanne Susie Suzanne Suzanna Svante Sven
Sydney Sylvia Sylvie Tabitha Tamara Tami Tammy Tania Tanja Tanya Tara Tasha Taylor Ted Teresa Teri Terri Terry Tessa Thelma Theo Theodor
Theodora Theodore Theresa Therese Theresia Thomas Tiffany Till Tim Timo Timothy Tina Tobias Todd Tom Tomas Tommie Tommy Toni Tony Tonya Torsten
Tracey Traci Tracie Tracy Travis Trevor Trisha Tristan Troy Tyler Ulrich Ulrike Ursula Ute Uwe Valentin Valentina Valentine Valeria Valerie
Vanessa Velma Vera Verena Vernon Veronica Veronika Vicki Vickie Vicky Victor Victoria Viktor Viktoria Vincent Vincenzo Viola Violet Virgil
Virginia Vivian Viviana Vivien Vivienne Wade Wallace Walter Wanda Warren Wayne Wendell Wendi Wendy Werner Wesley Wilbert Wilfred Wilhelm
Will Willa Willard William Willie Willy Wilma Winifred Wolfgang Xaver Xavier Yasmin Yasmine Yolanda Yves Yvette Yvonne Zachary Zoe Zoey`
